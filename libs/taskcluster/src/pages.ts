import { unusable } from './answers.js';

/** All pages of a list; one that leads to itself ends the walk with Unavailable. */
export async function* pages<T extends { continuationToken?: string | undefined }>(
  method: string,
  ask: (page: { continuationToken?: string }) => Promise<unknown>,
  read: (method: string, reply: unknown) => T,
): AsyncGenerator<T> {
  let token: string | undefined;
  do {
    const page = read(method, await ask(token === undefined ? {} : { continuationToken: token }));
    yield page;
    if (page.continuationToken !== undefined && page.continuationToken === token) throw unusable(method);
    token = page.continuationToken;
  } while (token !== undefined);
}
