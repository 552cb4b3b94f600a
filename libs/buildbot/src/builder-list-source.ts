import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type HttpAnswer, HttpConnections } from '@bbb/http';

/** Redirects that are followed one after the other. */
const REDIRECTS = 3;

/** Where the text of a builder list comes from. */
export interface BuilderListSource {
  /**
   * The text; undefined when it is the same as at the last call.
   *
   * @param timeout seconds
   * @throws Error with a reason without secrets
   */
  read(timeout: number): Promise<string | undefined>;

  /** What was read last is not used: the next read gives it again. */
  forget(): void;
}

/** The source that a URL or path names. */
export function builderListSource(location: string): BuilderListSource {
  if (/^https?:/i.test(location)) return new WebSource(location);
  return new FileSource(/^file:/i.test(location) ? fileURLToPath(location) : location);
}

class FileSource implements BuilderListSource {
  private last?: string;

  constructor(private readonly path: string) {}

  async read(timeout: number): Promise<string | undefined> {
    const signal = AbortSignal.timeout(timeout * 1000);
    const text = await readFile(this.path, { encoding: 'utf8', signal }).catch((error: unknown) => {
      throw new Error(`the file cannot be read (${codeOf(error)})`, { cause: error });
    });
    const digest = digestOf(text);
    if (digest === this.last) return undefined;
    this.last = digest;
    return text;
  }

  forget(): void {
    this.last = undefined;
  }
}

class WebSource implements BuilderListSource {
  private readonly connections = new HttpConnections(1);
  private last?: { digest: string; etag: string | undefined };

  constructor(private readonly url: string) {}

  async read(timeout: number): Promise<string | undefined> {
    const { status, headers, body } = await this.get(new URL(this.url), timeout);
    if (status === 304 && this.last) return undefined;
    if (status !== 200) throw new Error(`the server answers ${status}`);
    const text = body.toString();
    const digest = digestOf(text);
    const same = digest === this.last?.digest;
    this.last = { digest, etag: headers.etag };
    return same ? undefined : text;
  }

  forget(): void {
    this.last = undefined;
  }

  private async get(url: URL, timeout: number, redirects = REDIRECTS): Promise<HttpAnswer> {
    const headers = {
      accept: 'application/json',
      ...(this.last?.etag === undefined ? {} : { 'if-none-match': this.last.etag }),
    };
    const answer = await this.connections
      .exchange({ verb: 'GET', url, headers }, timeout * 1000)
      .catch((error: unknown) => {
        throw new Error(`no answer (${codeOf(error)})`, { cause: error });
      });
    const { location } = answer.headers;
    const isElsewhere = [301, 302, 303, 307, 308].includes(answer.status);
    if (!isElsewhere || redirects === 0 || location === undefined || !URL.canParse(location, url.href))
      return answer;
    return this.get(new URL(location, url), timeout, redirects - 1);
  }
}

/** The text itself may take tens of megabytes. */
function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function codeOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return String(code ?? name);
}
