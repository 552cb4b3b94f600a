import type { HttpAnswer } from '@bbb/http';
import { Refused, Unavailable } from '@bbb/rules';
import { SYSTEM } from '../options.js';

/** Of Buildbot's web server; the second on https, with a suffix where the master is behind a path. */
const SESSION_COOKIE = /^TWISTED(?:_SECURE)?_SESSION/;

/**
 * The login at one master. A cookie holds for days and across restarts; a master that has lost its database does not
 * know it any more.
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
   * Logs in unless that has been done; callers at the same time share a login.
   *
   * @returns the cookie
   * @throws Refused when the account is not accepted
   * @throws Unavailable when the login has no usable answer
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
    // An answer may set the cookie of an anonymous session first, and then that of the login.
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
