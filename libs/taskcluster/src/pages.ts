import { MalformedReply } from './calls/answers.js';

/** Reads all pages of a list. @throws Unavailable when a page's continuation token leads to itself */
export async function* readPages<T extends { continuationToken?: string | undefined }>(
  method: string,
  ask: (page: { continuationToken?: string }) => Promise<unknown>,
  read: (method: string, reply: unknown) => T,
): AsyncGenerator<T> {
  let token: string | undefined;
  do {
    const page = read(method, await ask(token === undefined ? {} : { continuationToken: token }));
    yield page;
    if (page.continuationToken !== undefined && page.continuationToken === token) {
      throw new MalformedReply(method, 'a page leads to itself');
    }
    token = page.continuationToken;
  } while (token !== undefined);
}
