import type { HttpAnswer } from '@bbb/http';
import { Refused, Unavailable } from '@bbb/rules';
import { SYSTEM } from '../options.js';

/** Session cookies of Buildbot's web server; the second for https, with a suffix when the master is below a path. */
const SESSION_COOKIE = /^TWISTED(?:_SECURE)?_SESSION/;

/**
 * The login at one master. A cookie is valid for days and across restarts of the master, unless the master loses its
 * database.
 */
export class Session {
  private opening: Promise<string> | undefined;
  private cookie: string | undefined;

  /** @param login GET /auth/login with the account as Basic authentication */
  constructor(private readonly login: () => Promise<HttpAnswer>) {}

  /** The cookie, if there has been a login. */
  get current(): string | undefined {
    return this.cookie;
  }

  /**
   * Logs in unless there is a login already; concurrent callers share one login.
   *
   * @returns the cookie
   * @throws Refused when the account is not accepted
   * @throws Unavailable when the master gives no usable answer
   */
  async open(): Promise<string> {
    if (this.cookie !== undefined) return this.cookie;
    this.opening ??= this.logIn().finally(() => (this.opening = undefined));
    return (this.cookie = await this.opening);
  }

  /** Forgets a cookie that the master has refused, unless there has been another login since. */
  expire(cookie: string): void {
    if (this.cookie === cookie) this.cookie = undefined;
  }

  private async logIn(): Promise<string> {
    const { status, headers } = await this.login();
    if (status === 401 || status === 403)
      throw new Refused(SYSTEM, status, 'LoginRefused', 'the Buildbot master does not accept the login');
    // The answer may first set the cookie of an anonymous session, then that of the login.
    const cookie = [headers['set-cookie'] ?? []]
      .flat()
      .map((text) => text.split(';')[0]!)
      .findLast((text) => SESSION_COOKIE.test(text));
    if (status !== 302 || cookie === undefined)
      throw new Unavailable(
        SYSTEM,
        `the login of the Buildbot master answered ${status}; is buildbot.url the base URL of a master with UserPasswordAuth?`,
      );
    return cookie;
  }
}
