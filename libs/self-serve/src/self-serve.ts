import type { OnApplicationShutdown } from '@nestjs/common';
import { Refused, Unavailable } from '@bbb/rules';
import { toBaseUrl, type HttpAnswer, HttpConnections } from '@bbb/http';

export interface SelfServeOptions {
  /**
   * Everything before `/{branch}/...`, for example `http://buildapi.example.com/buildapi/self-serve`; a user and password
   * before the host become Basic authentication.
   */
  url: string;
  /** Sent as X-Remote-User, which Self Serve trusts. */
  user: string;
  /** Maximum seconds per call. */
  timeout: number;
  /** Maximum concurrent calls of this process; each occupies a web thread of Self Serve and waits for its broker. */
  maxConnections: number;
}

const SYSTEM = 'self-serve';

/** Milliseconds for which the outcome of a call tells how Self Serve is. */
const RECENT = 60_000;

/**
 * The cancellations of BuildAPI's Self Serve (build-buildapi 0.3.26, selfserve controller).
 *
 * Its answer 202 means that a job was queued, not that anything was cancelled: callers must repeat the call until the
 * request is complete. It does not check any state, so cancelling twice, or something complete, is accepted too.
 *
 * Methods throw
 * * Refused: 400 (an invalid id or branch), 403 (no user: a configuration error)
 * * Unavailable: no answer, 5xx, and 404, because Self Serve reads a replica that may not have a new request yet
 */
export class SelfServe implements OnApplicationShutdown {
  private readonly connections: HttpConnections;
  private lastFailure?: string;
  /** Milliseconds, monotonic. */
  private calledAt?: number;

  constructor(private readonly options: SelfServeOptions) {
    this.connections = new HttpConnections(options.maxConnections);
  }

  onApplicationShutdown(): void {
    this.connections.close();
  }

  /** Requests that a running build be stopped. `buildId` is `builds.id`, not the build's number. */
  async cancelBuild(branch: string, buildId: number): Promise<void> {
    return this.recordFailure(() => this.cancel(branch, 'build', buildId));
  }

  /** Requests the cancellation of a build request that has not started. */
  async cancelRequest(branch: string, buildRequestId: number): Promise<void> {
    return this.recordFailure(() => this.cancel(branch, 'request', buildRequestId));
  }

  /** The address of a build request's page, without credentials; null when Self Serve has none. */
  toPageUrl(branch: string, buildRequestId: number): string | null {
    try {
      const url = new URL(
        `${toBaseUrl(this.options.url)}/${encodeURIComponent(toBranchName(branch))}/request/${buildRequestId}`,
      );
      return Object.assign(url, { username: '', password: '' }).href;
    } catch {
      return null;
    }
  }

  /**
   * Why the last call failed; undefined after a success. Asks for a job that does not exist when the last call was some
   * time ago or there was none, because only cancellations call Self Serve and they may be rare.
   */
  async findProblem(): Promise<string | undefined> {
    const isRecent = this.calledAt !== undefined && performance.now() - this.calledAt < RECENT;
    if (!isRecent) await this.recordFailure(() => this.probe()).catch(() => undefined);
    return this.lastFailure;
  }

  private async recordFailure(call: () => Promise<void>): Promise<void> {
    try {
      await call();
      this.lastFailure = undefined;
    } catch (error) {
      this.lastFailure = error instanceof Error ? error.message : String(error);
      throw error;
    } finally {
      this.calledAt = performance.now();
    }
  }

  /** Reads a job that does not exist; no job has the id 0. Self Serve changes nothing and says that it does not know it. */
  private async probe(): Promise<void> {
    const response = await this.send('GET', 'jobs/0');
    const { status } = response;
    if (status === 401 || status === 403) throw refuseUser(status);
    if (status >= 500)
      throw new Unavailable(SYSTEM, `Self Serve answered ${status}${readErrorMessage(response)}`);
    const isItsOwn =
      (status === 404 && readErrorMessage(response) !== '') || (status === 200 && isJson(response));
    if (!isItsOwn)
      throw new Unavailable(
        SYSTEM,
        `the answer ${status} is not Self Serve's; check that the URL is its base URL`,
      );
  }

  private async cancel(branch: string, what: 'build' | 'request', id: number): Promise<void> {
    const response = await this.send('DELETE', `${encodeURIComponent(toBranchName(branch))}/${what}/${id}`);
    if (response.status === 202) return;
    const said = readErrorMessage(response);
    switch (response.status) {
      case 400:
        throw new Refused(SYSTEM, 400, 'BadRequest', `Self Serve cannot read the request${said}`);
      case 401:
      case 403:
        throw refuseUser(response.status);
      case 404:
        throw new Unavailable(
          SYSTEM,
          `Self Serve does not know the ${what} on its branch, perhaps not yet${said}`,
        );
      case 200:
      case 302:
        throw new Unavailable(
          SYSTEM,
          `Self Serve answered ${response.status}, as for a browser; check that the URL is its base URL`,
        );
      default:
        throw new Unavailable(SYSTEM, `Self Serve answered ${response.status}${said}`);
    }
  }

  private async send(verb: 'DELETE' | 'GET', path: string): Promise<HttpAnswer> {
    const { user, timeout } = this.options;
    const url = new URL(`${toBaseUrl(this.options.url)}/${path}`);
    // Without Accept it answers in HTML, or with a redirect.
    const headers = { accept: 'application/json', 'x-remote-user': user };
    try {
      return await this.connections.exchange({ verb, url, headers }, timeout * 1000);
    } catch (error) {
      throw new Unavailable(SYSTEM, `no answer from Self Serve: ${readReason(error)}`, { cause: error });
    }
  }
}

/** Self Serve's name of a branch: its last path component, because Self Serve does not accept slashes. */
function toBranchName(branch: string): string {
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

function refuseUser(status: number): Refused {
  return new Refused(SYSTEM, status, 'Forbidden', 'Self Serve does not accept the user');
}

function isJson({ headers }: HttpAnswer): boolean {
  return String(headers['content-type'] ?? '').startsWith('application/json');
}

/** The error message of the answer, shortened; empty where it is not Self Serve's. */
function readErrorMessage({ body }: HttpAnswer): string {
  try {
    const { msg } = JSON.parse(body.toString()) as { msg?: unknown };
    return typeof msg === 'string' ? `: ${msg.slice(0, 200)}` : '';
  } catch {
    return '';
  }
}

function readReason(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return String(code ?? name);
}
