import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { Invalid, Unavailable } from '@bbb/bridge';
import { driverCode, translated, whenNotBusy, type Dialect } from '@bbb/sql';
import { DataSource, type DataSourceOptions, type QueryRunner } from 'typeorm';
import { placeholders, type Row, type Statement } from './statement.js';

export const SYSTEM = 'scheduler-db';

/** Codes that say a value does not fit its column. */
const VALUE =
  /^(ER_(DATA_TOO_LONG|TRUNCATED_WRONG_VALUE.*|WRONG_VALUE.*|WARN_DATA_OUT_OF_RANGE|BAD_NULL_ERROR)|SQLITE_MISMATCH|22...|23502)$/;

/**
 * A DataSource that is opened when it is first needed, and again after a failure: the database may be away when the
 * process starts. Everything throws Unavailable while it is away.
 */
export class LazySource {
  #opening?: Promise<DataSource>;

  constructor(
    readonly dialect: Dialect,
    private readonly options: DataSourceOptions,
  ) {}

  /** Runs a statement of its own, outside any transaction. */
  async query({ sql, values }: Statement): Promise<Row[]> {
    return answered(async () => {
      const source = await this.#open();
      return whenNotBusy<Row[]>(() => source.query(placeholders(this.dialect, sql), [...values]));
    }).catch(async (error: unknown) => {
      // A statement that libsql gave up half-way keeps its connection's later locks; a new connection has none.
      if (this.dialect === 'sqlite' && error instanceof Unavailable) await this.close();
      throw error;
    });
  }

  /** A connection of one's own; the caller releases it. SQLite has but one. */
  async runner(): Promise<QueryRunner> {
    return answered(async () => {
      const runner = (await this.#open()).createQueryRunner();
      await runner.connect();
      return runner;
    });
  }

  /** Closes what is open; a later use opens it again. */
  async close(): Promise<void> {
    const opening = this.#opening;
    this.#opening = undefined;
    const source = await opening?.catch(() => undefined);
    if (source?.isInitialized) await source.destroy().catch(() => undefined);
  }

  #open(): Promise<DataSource> {
    this.#opening ??= this.#initialised().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  async #initialised(): Promise<DataSource> {
    // Opening a SQLite file that is not there would make an empty one.
    if (this.options.type === 'better-sqlite3') {
      await access(this.options.database, constants.R_OK | constants.W_OK);
    }
    return new DataSource(this.options).initialize();
  }
}

/**
 * Runs database work so that no driver's error leaves: what the database refuses about a value becomes Invalid,
 * anything else Unavailable. A missing table or right is the operator's to mend, so it counts as unavailable too.
 */
export async function answered<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await translated(SYSTEM, work);
  } catch (error) {
    if (error instanceof Unavailable) throw error;
    const code = driverCode(error);
    if (code === undefined) throw error;
    if (VALUE.test(code))
      throw new Invalid(`the scheduler database refuses a value (${code})`, { cause: error });
    throw new Unavailable(SYSTEM, code, { cause: error });
  }
}
