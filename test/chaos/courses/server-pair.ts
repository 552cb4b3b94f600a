import { exec } from 'node:child_process';
import { promisify } from 'node:util';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import { OwnMariadb } from '../../support/own-mariadb.js';
import { OwnPostgres } from '../../support/own-postgres.js';

/** What the bridge's account may do; not `READ ONLY ADMIN`, with which a read-only MariaDB would take its writes. */
const RIGHTS = 'SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX, DROP, REFERENCES, TRIGGER, LOCK TABLES';

const DUMP = 'mariadb-dump --protocol=tcp --skip-lock-tables --single-transaction';

/** Two database servers of our own, of which one takes writes. Nothing replicates but {@link switchOver}. */
export class ServerPair {
  private active = 0;

  private constructor(
    private readonly kind: 'mysql' | 'postgres',
    private readonly servers: readonly (OwnMariadb | OwnPostgres)[],
  ) {}

  static async start(kind: 'mysql' | 'postgres'): Promise<ServerPair> {
    const start = () => (kind === 'mysql' ? OwnMariadb.start() : OwnPostgres.start());
    const pair = new ServerPair(kind, await Promise.all([start(), start()]));
    if (kind === 'mysql') {
      const statements = [
        "CREATE USER bridge@'%'",
        "CREATE USER bridge@'localhost'",
        ...['%', 'localhost'].map((host) => `GRANT ${RIGHTS} ON *.* TO bridge@'${host}'`),
      ];
      for (const at of [0, 1]) await pair.administer(at, statements);
    }
    return pair;
  }

  /** The server that takes writes, as its administrator reaches it. */
  get url(): string {
    return this.urlOf(this.active);
  }

  /** A database on the server that takes writes, as the bridge reaches it. */
  urlFor(database: string): string {
    const url = new URL(this.servers[this.active]!.url(database));
    url.username = 'bridge';
    return url.href;
  }

  async createDatabase(name: string): Promise<void> {
    await this.administer(this.active, [`CREATE DATABASE ${name}`]);
  }

  /** Makes the active server read-only, copies these databases to the other one, and makes that one active. */
  async switchOver(databases: readonly string[]): Promise<void> {
    const [from, to] = [this.active, 1 - this.active];
    await this.setReadOnly(from, databases, true);
    for (const database of databases) await this.copy(from, to, database);
    await this.setReadOnly(to, databases, false);
    this.active = to;
  }

  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()));
  }

  private urlOf(at: number): string {
    return this.servers[at]!.url(this.kind);
  }

  private async setReadOnly(at: number, databases: readonly string[], value: boolean): Promise<void> {
    const state = value ? 'on' : 'off';
    if (this.kind === 'mysql') return this.administer(at, [`SET GLOBAL read_only = ${state}`]);
    // A session has its own setting: those that are open are ended, as a fail-over of PostgreSQL ends them.
    await this.administer(
      at,
      databases.flatMap((name) => [
        `ALTER DATABASE ${name} SET default_transaction_read_only = ${state}`,
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`,
      ]),
    );
  }

  private async copy(from: number, to: number, database: string): Promise<void> {
    if (this.kind === 'mysql') {
      await this.administer(to, [`CREATE DATABASE IF NOT EXISTS ${database}`]);
      const client = (at: number) => `--user=root --host=127.0.0.1 --port=${new URL(this.urlOf(at)).port}`;
      await run(`${DUMP} ${client(from)} ${database} | mariadb --protocol=tcp ${client(to)} ${database}`);
      return;
    }
    await this.administer(to, [
      `DROP DATABASE IF EXISTS ${database} WITH (FORCE)`,
      `CREATE DATABASE ${database}`,
    ]);
    const [source, target] = [from, to].map((at) => this.servers[at]!.url(database));
    await run(`pg_dump '${source}' | psql --quiet --set ON_ERROR_STOP=1 '${target}' > /dev/null`);
  }

  private async administer(at: number, statements: readonly string[]): Promise<void> {
    if (this.kind === 'mysql') {
      const connection = await createConnection(this.urlOf(at));
      for (const statement of statements) await connection.query(statement);
      return connection.end();
    }
    const client = new pg.Client({ connectionString: this.urlOf(at) });
    await client.connect();
    for (const statement of statements) await client.query(statement);
    await client.end();
  }
}

const run = (command: string) => promisify(exec)(`set -o pipefail; ${command}`, { shell: '/bin/bash' });
