import {
  createDataSourceOptions,
  parseDatabaseUrl,
  retryWhenBusy,
  type DatabaseTarget,
  type Dialect,
} from '@bbb/sql';
import { DataSource, type DataSourceOptions, type QueryRunner } from 'typeorm';

export type SqlValue = string | number | null;

/** Statements in Buildbot's own manner: `?` for parameters, whatever the dialect. */
export interface Statements {
  readonly dialect: Dialect;
  rows<Row>(sql: string, values?: readonly SqlValue[]): Promise<Row[]>;
  /** @returns how many rows matched */
  change(sql: string, values?: readonly SqlValue[]): Promise<number>;
  /** @returns the id that the database gave; 0 for a table without `id` */
  insert(table: string, row: Record<string, SqlValue>): Promise<number>;
}

const BEGIN: Record<Dialect, string> = {
  // Takes the write lock at once: a reader that turns into a writer later may find itself refused.
  sqlite: 'BEGIN IMMEDIATE',
  mysql: 'START TRANSACTION',
  postgres: 'BEGIN',
};

const WITHOUT_ID = new Set(['buildset_properties', 'buildrequest_claims', 'version', 'migrate_version']);

/** One process's access to a scheduler database. Its work is done one piece at a time, and repeated while busy. */
export class SchedulerConnection {
  private turn: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly source: DataSource,
    readonly dialect: Dialect,
  ) {}

  static async open(databaseUrl: string): Promise<SchedulerConnection> {
    const target = parseDatabaseUrl(databaseUrl);
    const source = new DataSource(sourceOptions(target));
    await retryWhenBusy(() => source.initialize());
    return new SchedulerConnection(source, target.dialect);
  }

  /** Each statement on its own, as masters write on MyISAM. */
  read<T>(work: (statements: Statements) => Promise<T>): Promise<T> {
    return this.withRunner((runner) => work(statementsOn(runner, this.dialect)));
  }

  /** All or nothing, where the engine can. The work awaits nothing but its own statements, and may be repeated. */
  transaction<T>(work: (statements: Statements) => Promise<T>): Promise<T> {
    return this.withRunner(async (runner) => {
      await runner.query(BEGIN[this.dialect]);
      try {
        const result = await work(statementsOn(runner, this.dialect));
        await runner.query('COMMIT');
        return result;
      } catch (error) {
        await runner.query('ROLLBACK');
        throw error;
      }
    });
  }

  async close(): Promise<void> {
    await this.turn;
    await this.source.destroy();
  }

  private withRunner<T>(work: (runner: QueryRunner) => Promise<T>): Promise<T> {
    const done = this.turn.then(() =>
      retryWhenBusy(async () => {
        const runner = this.source.createQueryRunner();
        try {
          return await work(runner);
        } finally {
          await runner.release();
        }
      }),
    );
    this.turn = done.catch(() => undefined);
    return done;
  }
}

/** SQLite's journal mode is kept in the file, and masters leave it as it is. */
function sourceOptions(target: DatabaseTarget): DataSourceOptions {
  const options = createDataSourceOptions(target, { poolSize: 2, connectTimeout: 10 });
  if (options.type !== 'better-sqlite3') return options;
  return {
    ...options,
    prepareDatabase: (database: { pragma(text: string): unknown }) =>
      void database.pragma('busy_timeout = 5'),
  };
}

function statementsOn(runner: QueryRunner, dialect: Dialect): Statements {
  const run = (sql: string, values: readonly SqlValue[]) =>
    runner.query(dialect === 'postgres' ? numbered(sql) : sql, [...values], true);
  return {
    dialect,
    async rows<Row>(sql: string, values: readonly SqlValue[] = []) {
      return (await run(sql, values)).records as Row[];
    },
    async change(sql, values = []) {
      return (await run(sql, values)).affected ?? 0;
    },
    async insert(table, row) {
      const columns = Object.keys(row);
      const returning = dialect === 'postgres' && !WITHOUT_ID.has(table) ? ' RETURNING id' : '';
      const places = columns.map(() => '?').join(', ');
      const text =
        columns.length > 0
          ? `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${places})${returning}`
          : `INSERT INTO ${table} ${dialect === 'mysql' ? '() VALUES ()' : 'DEFAULT VALUES'}${returning}`;
      const result = await run(text, Object.values(row));
      if (WITHOUT_ID.has(table)) return 0;
      if (dialect === 'postgres') return (result.records as { id: number }[])[0]!.id;
      return Number(dialect === 'mysql' ? (result.raw as { insertId: number }).insertId : result.raw);
    },
  };
}

function numbered(sql: string): string {
  let position = 0;
  return sql.replace(/\?/g, () => `$${++position}`);
}

/**
 * Epoch seconds as a master's driver stores them: SQLite keeps the fraction even in an INTEGER column, MySQL rounds
 * by itself, PostgreSQL takes whole numbers only.
 */
export function epoch(dialect: Dialect, seconds: number): number {
  return dialect === 'postgres' ? Math.round(seconds) : seconds;
}

/** `?, ?, ?` for an IN list. */
export function places(values: readonly unknown[]): string {
  return values.map(() => '?').join(', ');
}
