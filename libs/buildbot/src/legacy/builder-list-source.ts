import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type HttpAnswer, HttpConnections } from '@bbb/http';

/** Source of the text of a builder list. */
export interface BuilderListSource {
  /**
   * The text; undefined when it has not changed since the last call.
   *
   * @param timeout seconds
   * @throws Error whose message has no secrets
   */
  read(timeout: number): Promise<string | undefined>;

  /** The text that was read last was not usable: the next read returns it again. */
  forget(): void;
}

/** The source that a URL or path names. */
export function createBuilderListSource(location: string): BuilderListSource {
  if (/^https?:/i.test(location)) return new WebSource(location);
  return new FileSource(/^file:/i.test(location) ? fileURLToPath(location) : location);
}

class FileSource implements BuilderListSource {
  private last?: string;

  constructor(private readonly path: string) {}

  async read(timeout: number): Promise<string | undefined> {
    const signal = AbortSignal.timeout(timeout * 1000);
    const text = await readFile(this.path, { encoding: 'utf8', signal }).catch((error: unknown) => {
      throw new Error(`the file cannot be read (${readCode(error)})`, { cause: error });
    });
    const digest = hashText(text);
    if (digest === this.last) return undefined;
    this.last = digest;
    return text;
  }

  forget(): void {
    this.last = undefined;
  }
}

/** Maximum size; a list of all builders may have tens of megabytes. */
const MAX_BYTES = 256 * 1024 * 1024;

class WebSource implements BuilderListSource {
  private readonly connections = new HttpConnections(1);
  private last?: { digest: string; etag: string | undefined };

  constructor(private readonly url: string) {}

  async read(timeout: number): Promise<string | undefined> {
    const { status, headers, body } = await this.get(timeout);
    if (status === 304 && this.last) return undefined;
    if (status !== 200) {
      // Redirects are not followed: they could lead to an unencrypted connection, and send the account elsewhere.
      const advice = status >= 300 && status < 400 ? ' (redirect); configure the URL that it leads to' : '';
      throw new Error(`the server answered ${status}${advice}`);
    }
    const text = body.toString();
    const digest = hashText(text);
    const same = digest === this.last?.digest;
    this.last = { digest, etag: headers.etag };
    return same ? undefined : text;
  }

  forget(): void {
    this.last = undefined;
  }

  private async get(timeout: number): Promise<HttpAnswer> {
    const headers = {
      accept: 'application/json',
      ...(this.last?.etag === undefined ? {} : { 'if-none-match': this.last.etag }),
    };
    try {
      const message = { verb: 'GET', url: new URL(this.url), headers, maxBytes: MAX_BYTES };
      return await this.connections.exchange(message, timeout * 1000);
    } catch (error) {
      throw new Error(`no answer (${readCode(error)})`, { cause: error });
    }
  }
}

/** A digest is kept instead of the text, which may have tens of megabytes. */
function hashText(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function readCode(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return String(code ?? name);
}
