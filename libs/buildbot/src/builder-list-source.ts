import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { webRequest, type WebRequest } from '@bbb/bridge';

/** Where the text of a builder list comes from. */
export interface BuilderListSource {
  /**
   * The text; undefined when it is the same as at the last call.
   * @throws Error with a reason without secrets
   */
  read(signal: AbortSignal): Promise<string | undefined>;

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

  async read(signal: AbortSignal): Promise<string | undefined> {
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
  private last?: { digest: string; etag: string | null };
  private readonly request: WebRequest;

  constructor(url: string) {
    this.request = webRequest(url);
  }

  async read(signal: AbortSignal): Promise<string | undefined> {
    try {
      const headers = new Headers({ ...this.request.headers, accept: 'application/json' });
      if (this.last?.etag) headers.set('if-none-match', this.last.etag);
      // Where it leads, whether encrypted and with which account, would be the server's to say.
      const response = await fetch(this.request.url, { signal, headers, redirect: 'manual' });
      if (response.status === 304 && this.last) return undefined;
      if (response.status !== 200) {
        await response.body?.cancel();
        const advice =
          response.status >= 300 && response.status < 400 ? ', a redirect; name the address itself' : '';
        throw new Error(`the server answers ${response.status}${advice}`);
      }
      const text = await response.text();
      const digest = digestOf(text);
      const same = digest === this.last?.digest;
      this.last = { digest, etag: response.headers.get('etag') };
      return same ? undefined : text;
    } catch (error) {
      if (error instanceof Error && error.message.startsWith('the server answers')) throw error;
      throw new Error(`no answer (${codeOf(error)})`, { cause: error });
    }
  }

  forget(): void {
    this.last = undefined;
  }
}

/** The text itself may take tens of megabytes. */
function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function codeOf(error: unknown): string {
  const { cause, code, name } = error as { cause?: { code?: unknown }; code?: unknown; name?: unknown };
  return String([cause?.code, code, name].find((candidate) => typeof candidate === 'string'));
}
