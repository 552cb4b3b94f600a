import { readFileSync } from 'node:fs';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import type { ServiceName } from '@bbb/configuration';
import { ROOT } from './project.js';

const PAGE = readFileSync(`${ROOT}/docs/least-privilege.md`, 'utf8');

/** The database users of the page, and the passwords that it gives them. */
const USERS: Record<ServiceName, { user: string; password: string }> = {
  'tc-listener': { user: 'bbb_tclistener', password: 'change me 1' },
  'bb-listener': { user: 'bbb_bblistener', password: 'change me 2' },
  reflector: { user: 'bbb_reflector', password: 'change me 3' },
};

const SERVICES = Object.keys(USERS) as ServiceName[];

/** A code block of docs/least-privilege.md, by what stands behind its fence. */
export function readWritten(label: string): string {
  const blocks = [...PAGE.matchAll(/^```([^\n]+)\n([\s\S]*?)^```$/gm)];
  const found = blocks.find(([, name]) => name === label);
  if (!found) throw new Error(`docs/least-privilege.md has no block ${label}`);
  return found[2]!;
}

/** The scopes of the page for each service, in the sandbox's terms; nobody else may do anything. */
export function readScopes(): Record<string, readonly string[]> {
  const names = {
    '<p>/<w>': 'buildbot-bridge/buildbot-bridge',
    '<wg>/<wid>': 'buildbot-bridge/buildbot-bridge',
  };
  const of = (service: ServiceName) =>
    Object.entries({ ...names, '<project>': 'none' })
      .reduce((text, [from, to]) => text.replaceAll(from, to), readWritten(`scopes ${service}`))
      .split('\n')
      .filter(Boolean);
  return { anonymous: [], ...Object.fromEntries(SERVICES.map((service) => [service, of(service)])) };
}

/** Three database users with the rights of the page, under names that no other test uses. */
export class RestrictedUsers {
  private constructor(
    private readonly admin: string,
    private readonly suffix: string,
    private readonly databases: Record<string, string>,
  ) {}

  /** Makes the users, with their rights in the scheduler database. */
  static async create(schedulerDb: string, bridgeDb: string, schema: 6 | 24): Promise<RestrictedUsers> {
    const names = { buildbot_schedulers: readDatabase(schedulerDb), bbb: readDatabase(bridgeDb) };
    const users = new RestrictedUsers(schedulerDb, readDatabase(schedulerDb).slice(-12), names);
    const block = `${users.isPostgres ? 'postgres' : 'mysql'} scheduler`;
    for (const label of [block, `${block} ${schema}`])
      await run(schedulerDb, users.named(readWritten(label)));
    return users;
  }

  /** Gives the rights in the bridge's database, which has been migrated. */
  async grantBridge(bridgeDb: string): Promise<void> {
    await run(bridgeDb, this.named(readWritten(`${this.isPostgres ? 'postgres' : 'mysql'} bridge`)));
  }

  /** A database's URL with a service's user in it. */
  createUrl(service: ServiceName, url: string): string {
    const parsed = new URL(url);
    parsed.username = `${USERS[service].user}_${this.suffix}`;
    parsed.password = encodeURIComponent(USERS[service].password);
    return parsed.href;
  }

  /** Runs a statement as a service's user. @throws the driver's error */
  async attempt(service: ServiceName, url: string, statement: string): Promise<void> {
    await run(this.createUrl(service, url), statement);
  }

  async drop(urls: readonly string[]): Promise<void> {
    for (const { user } of Object.values(USERS)) {
      if (this.isPostgres) {
        for (const url of urls) await run(url, `DROP OWNED BY ${user}_${this.suffix}`);
        await run(this.admin, `DROP ROLE ${user}_${this.suffix}`);
      } else await run(this.admin, `DROP USER '${user}_${this.suffix}'@'%'`);
    }
  }

  private get isPostgres(): boolean {
    return this.admin.startsWith('postgres');
  }

  private named(statements: string): string {
    const text = statements.replace(
      /\bbbb_(?:tclistener|bblistener|reflector)\b/g,
      (user) => `${user}_${this.suffix}`,
    );
    return Object.entries(this.databases).reduce(
      (result, [from, to]) => result.replaceAll(` ${from}.`, ` ${to}.`),
      text,
    );
  }
}

function readDatabase(url: string): string {
  return new URL(url).pathname.slice(1);
}

async function run(url: string, script: string): Promise<void> {
  if (url.startsWith('postgres')) {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      await client.query(script);
    } finally {
      await client.end();
    }
    return;
  }
  const connection = await createConnection(url);
  try {
    for (const statement of script.split(';').map((part) => part.trim())) {
      if (statement) await connection.query(statement);
    }
  } finally {
    await connection.end();
  }
}
