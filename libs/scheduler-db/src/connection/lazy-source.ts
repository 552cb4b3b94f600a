import { Unavailable } from '@bbb/rules';
import { BoundedDataSource, openStrict, numberPlaceholders, retryWhenBusy, type Dialect } from '@bbb/sql';
import type { DataSource, DataSourceOptions, QueryRunner } from 'typeorm';
import { translateDriverErrors } from './driver-errors.js';
import { HeldConnection } from './held-connection.js';
import type { Row, Statement } from './sql.js';

/**
 * A DataSource that is opened when it is first needed, and again after a failure: the database may be unavailable when
 * the process starts. All methods throw Unavailable meanwhile.
 */
export class LazySource {
  #opening?: Promise<DataSource>;

  /** @param patience seconds to wait for one answer of a server */
  constructor(
    readonly dialect: Dialect,
    private readonly options: DataSourceOptions,
    private readonly patience: number,
  ) {}

  /** Runs a statement of its own, outside any transaction. */
  async query(statement: Statement): Promise<Row[]> {
    if (this.dialect === 'sqlite') return this.queryFile(statement);
    const session = await this.openSession();
    try {
      return await session.query<Row[]>(numberPlaceholders(this.dialect, statement.sql), statement.values);
    } finally {
      await session.release();
    }
  }

  /** A connection that only the caller uses, and releases. */
  async openSession(): Promise<HeldConnection> {
    return new HeldConnection(await this.openRunner());
  }

  /** TypeORM's handle of a connection; SQLite has only one. */
  async openRunner(): Promise<QueryRunner> {
    return translateDriverErrors(async () => {
      const runner = (await this.#open()).createQueryRunner();
      await runner.connect();
      return runner;
    });
  }

  /**
   * The error with which work fails within a time; undefined when it succeeds or takes longer.
   *
   * @param patience seconds
   */
  async findFailure(patience: number, work: () => Promise<unknown>): Promise<Error | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const noAnswer = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), patience * 1000);
    });
    const failing = work().then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
    );
    return Promise.race([failing, noAnswer]).finally(() => clearTimeout(timer));
  }

  /** Closes what is open; a later use opens it again. */
  async close(): Promise<void> {
    const opening = this.#opening;
    this.#opening = undefined;
    const source = await opening?.catch(() => undefined);
    if (source?.isInitialized) await source.destroy().catch(() => undefined);
  }

  private queryFile({ sql, values }: Statement): Promise<Row[]> {
    return translateDriverErrors(async () => {
      const source = await this.#open();
      return retryWhenBusy<Row[]>(() => source.query(sql, [...values]));
    }).catch(async (error: unknown) => {
      // A statement that libsql gave up half-way keeps its connection's later locks; a new connection has none.
      if (error instanceof Unavailable) await this.close();
      throw error;
    });
  }

  #open(): Promise<DataSource> {
    this.#opening ??= retryWhenBusy(() =>
      openStrict(new BoundedDataSource(this.options, this.patience)),
    ).catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }
}
