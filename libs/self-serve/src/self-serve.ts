import type { OnApplicationShutdown } from '@nestjs/common';
import { Refused, Unavailable } from '@bbb/rules';
import { baseUrl, type HttpAnswer, HttpConnections } from '@bbb/http';

export interface SelfServeOptions {
  /**
   * Everything before `/{branch}/...`, for example `http://buildapi.example.com/buildapi/self-serve`; a user and password
   * before the host become Basic authentication.
   */
  url: string;
  /** Sent as X-Remote-User, which Self Serve believes. */
  user: string;
  /** Seconds per call. */
  timeout: number;
  /** Calls at a time, of this process; each waits for a web thread and a broker on the other side. */
  maxConnections: number;
}

const SYSTEM = 'self-serve';

/**
 * BuildAPI's Self Serve, as far as it cancels (build-buildapi 0.3.26, selfserve controller).
 *
 * Its answer 202 means that a job was queued, not that anything was cancelled: whoever calls goes on looking at the
 * request and calls again. It looks at no state, so that cancelling twice, or something complete, is accepted too.
 *
 * Methods throw
 * * Refused: 400 (an id or branch that it cannot read), 403 (no user: a matter of configuration)
 * * Unavailable: no answer, 5xx, and 404, because Self Serve reads a replica that may not know a young request yet
 */
export class SelfServe implements OnApplicationShutdown {
  private readonly connections: HttpConnections;
  private lastFailure?: string;

  constructor(private readonly options: SelfServeOptions) {
    this.connections = new HttpConnections(options.maxConnections);
  }

  onApplicationShutdown(): void {
    this.connections.close();
  }

  /** Asks to stop a running build. `buildId` is `builds.id`, not the builder's number. */
  async cancelBuild(branch: string, buildId: number): Promise<void> {
    return this.remembering(() => this.cancel(branch, 'build', buildId));
  }

  /** Asks to take back a request that has not started. */
  async cancelRequest(branch: string, buildRequestId: number): Promise<void> {
    return this.remembering(() => this.cancel(branch, 'request', buildRequestId));
  }

  /** Why the last call failed; undefined after a success, and before the first call. Asks nothing. */
  async problem(): Promise<string | undefined> {
    return this.lastFailure;
  }

  private async remembering(call: () => Promise<void>): Promise<void> {
    try {
      await call();
      this.lastFailure = undefined;
    } catch (error) {
      this.lastFailure = error instanceof Error ? error.message : String(error);
      throw error;
    }
  }

  private async cancel(branch: string, what: 'build' | 'request', id: number): Promise<void> {
    const response = await this.delete(`${encodeURIComponent(branchName(branch))}/${what}/${id}`);
    if (response.status === 202) return;
    const said = saidBy(response);
    switch (response.status) {
      case 400:
        throw new Refused(SYSTEM, 400, 'BadRequest', `Self Serve cannot read the request${said}`);
      case 401:
      case 403:
        throw new Refused(SYSTEM, response.status, 'Forbidden', 'Self Serve does not accept the user');
      case 404:
        throw new Unavailable(
          SYSTEM,
          `Self Serve does not know the ${what} on its branch, perhaps not yet${said}`,
        );
      case 200:
      case 302:
        throw new Unavailable(
          SYSTEM,
          `Self Serve answers ${response.status} for a browser: is the URL its own?`,
        );
      default:
        throw new Unavailable(SYSTEM, `Self Serve answers ${response.status}${said}`);
    }
  }

  private async delete(path: string): Promise<HttpAnswer> {
    const { user, timeout } = this.options;
    const url = new URL(`${baseUrl(this.options.url)}/${path}`);
    // Without Accept it speaks HTML and answers with a redirect.
    const headers = { accept: 'application/json', 'x-remote-user': user };
    try {
      return await this.connections.exchange({ verb: 'DELETE', url, headers }, timeout * 1000);
    } catch (error) {
      throw new Unavailable(SYSTEM, `no answer from Self Serve: ${reasonOf(error)}`, { cause: error });
    }
  }
}

/** The name Self Serve knows a branch by: its last path component, as it takes no slashes. */
function branchName(branch: string): string {
  const name = branch.split('/').findLast((part) => part !== '');
  if (name === undefined) {
    throw new Refused(
      SYSTEM,
      400,
      'NoBranch',
      'Self Serve finds requests only by branch, and this one has none',
    );
  }
  return name;
}

/** The answer's own message, shortened. */
function saidBy({ body }: HttpAnswer): string {
  try {
    const { msg } = JSON.parse(body.toString()) as { msg?: unknown };
    return typeof msg === 'string' ? `: ${msg.slice(0, 200)}` : '';
  } catch {
    return '';
  }
}

function reasonOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return String(code ?? name);
}
