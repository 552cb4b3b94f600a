import { randomBytes } from 'node:crypto';
import type { ModernDatabase } from '../database/database.js';
import type { Answer } from './answers.js';

const COOKIE = 'TWISTED_SESSION';

export interface Accounts {
  /** Passwords by user. */
  passwords: Readonly<Record<string, string>>;
  /** Users that may control the master. */
  controllers: readonly string[];
}

/** Logins and cookies; sessions are in the database, so that they outlive a restart. */
export class Sessions {
  constructor(
    private readonly database: ModernDatabase,
    private readonly accounts: Accounts,
  ) {}

  /** The account of a request's cookie. @returns null for none; undefined for a cookie that is not known */
  userOf(cookies: string | undefined): string | null | undefined {
    const [, token = ''] = new RegExp(`${COOKIE}=([^;]*)`).exec(cookies ?? '') ?? [];
    return this.database.sessions.get(token);
  }

  mayControl(user: string | null | undefined): user is string {
    return typeof user === 'string' && this.accounts.controllers.includes(user);
  }

  /** A session without an account, which the master begins for everybody. @returns the header Set-Cookie */
  begin(user: string | null = null): string {
    const token = randomBytes(12).toString('hex');
    this.database.sessions.set(token, user);
    return `${COOKIE}=${token}; Path=/`;
  }

  /** GET /auth/login, with Basic. It sets the cookie of an anonymous session first. */
  login(authorization: string | undefined): Answer {
    const [, encoded = ''] = /^Basic (.*)$/.exec(authorization ?? '') ?? [];
    const [, user = '', password = ''] =
      /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? [];
    const { passwords } = this.accounts;
    if (!Object.hasOwn(passwords, user) || passwords[user] !== password)
      return {
        status: 401,
        type: 'text/plain',
        text: 'Unauthorized',
        headers: { 'www-authenticate': 'basic' },
      };
    const headers = { location: '/#/', 'set-cookie': [this.begin(), this.begin(user)] };
    return { status: 302, type: 'text/html', text: '', headers };
  }
}
