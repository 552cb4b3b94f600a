import { type Telemetry, Unavailable } from '@bbb/rules';
import {
  findUnusable,
  isUniqueViolation,
  openStrict,
  parseDatabaseUrl,
  retryWhenBusy,
  ServerClock,
  translateErrors,
  WriteProbe,
} from '@bbb/sql';
import { Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { type BridgeDbOptions, createDataSource } from './data-source.js';
import { migrateUp, findPendingMigrations, refuseNewerSchema } from './migrate.js';
import { SqliteFile } from './sqlite-file.js';
import { URL_SETTING } from './url-setting.js';

/** Seconds to wait for an answer, unless told. */
const ANSWER_TIMEOUT = 20;

/** Seconds between attempts to reach a database that is unavailable. */
export interface RetryPauses {
  first: number;
  most: number;
}

/**
 * The connection to the bridge's own database.
 *
 * A database that is unavailable does not stop the process: {@link open} goes on trying, and callers get
 * {@link Unavailable} meanwhile. Once reached, the driver's pool replaces lost connections. A SQLite file that is removed
 * or replaced while it is in use counts as unavailable until the name means a database again.
 */
export class BridgeDb implements OnApplicationShutdown {
  private readonly logger = new Logger('BridgeDb');
  private source: DataSource | undefined;
  private file: SqliteFile | undefined;
  private wasOpen = false;
  private readonly writeProbe = new WriteProbe();
  private serverClock: ServerClock | undefined;
  private reason = 'not opened';
  private closed = false;
  private readonly lastWork: (() => Promise<void>)[] = [];
  private timer: NodeJS.Timeout | undefined;
  private attempt: Promise<void> = Promise.resolve();

  constructor(
    private readonly options: BridgeDbOptions,
    private readonly pauses: RetryPauses = { first: 1, most: 30 },
    private readonly telemetry?: Telemetry,
  ) {}

  /**
   * Connects. A SQLite file is created, if its folder exists, and migrated. Returns also when the database cannot be
   * reached: then it is tried again in the background.
   *
   * @throws MigrationsPending when an operator has to migrate a MySQL or PostgreSQL database first
   * @throws Invalid when the URL cannot be used, the database is not the bridge's, a newer version has migrated it, or a
   *   SQLite file is no database
   * @throws NotStrict when a MySQL server answers and does not let the connection be strict
   */
  async open(): Promise<void> {
    this.attempt = this.connect().catch((error: unknown) => {
      if (!(error instanceof Unavailable)) throw error;
      const unusable = findUnusable(error);
      if (unusable) throw unusable.withSetting(URL_SETTING);
      this.tryLater(error, this.pauses.first);
    });
    await this.attempt;
  }

  /**
   * Runs one piece of work on the database. It has to be one statement, or bear being repeated: it is, while the
   * database answers "busy".
   *
   * @throws Unavailable when there is no database, or one whose schema is not this program's
   */
  async run<T>(work: (source: DataSource) => Promise<T>): Promise<T> {
    const source = this.openSource();
    if (!source) throw new Unavailable('bridge-db', this.reason);
    try {
      return await translateErrors('bridge-db', () => retryWhenBusy(() => work(source)));
    } catch (error) {
      this.writeProbe.noteFailure(error);
      if (error instanceof Unavailable || isUniqueViolation(error)) throw error;
      // A statement fails also when the schema was reverted while the service runs.
      const schema = await this.findProblem();
      if (schema === undefined) throw error;
      throw new Unavailable('bridge-db', schema, { cause: error });
    }
  }

  /** Why the database cannot be used now; undefined when it can. Never throws. */
  async findProblem(): Promise<string | undefined> {
    const source = this.openSource();
    if (!source) return this.reason;
    try {
      const pending = await translateErrors('bridge-db', () =>
        retryWhenBusy(() => findPendingMigrations(source)),
      );
      return pending?.message;
    } catch (error) {
      return readMessage(error);
    }
  }

  /**
   * Why the services cannot work with the database now, its setting named: as {@link problem}, or because the database is
   * read-only or full. Undefined when they can. Never throws.
   */
  async findReadinessProblem(): Promise<string | undefined> {
    const problem =
      (await this.findProblem()) ?? (await this.writeProbe.findProblem(() => this.writeNothing()));
    return problem === undefined || problem.includes(URL_SETTING) ? problem : `${URL_SETTING}: ${problem}`;
  }

  /** By how much the server's clock differs from this machine's, and the remedy; undefined when they agree. Never throws. */
  findClockProblem(): Promise<string | undefined> {
    this.serverClock ??= new ServerClock(parseDatabaseUrl(this.options.url).dialect, (sql) =>
      this.run((source) => source.query(sql)),
    );
    return this.serverClock.findProblem();
  }

  /** A write to a table that every service may write, of no row. */
  private async writeNothing(): Promise<void> {
    await this.run((source) => source.query('UPDATE tasks SET rev = rev WHERE 1 = 0'));
  }

  /** Does something before the connection ends, such as writing what waits. */
  beforeClosing(work: () => Promise<void>): void {
    this.lastWork.push(work);
  }

  /** Ends all connections, and the attempts to make one. May be called twice. */
  async close(): Promise<void> {
    await Promise.allSettled(this.lastWork.splice(0).map((work) => work()));
    this.closed = true;
    clearTimeout(this.timer);
    await this.attempt.catch(() => undefined);
    const { source } = this;
    this.source = undefined;
    this.reason = 'closed';
    await source?.destroy().catch(() => undefined);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.close();
  }

  /** The connection, unless the SQLite file under it is another one by now: then a new connection is made. */
  private openSource(): DataSource | undefined {
    const { source, file } = this;
    if (source === undefined || file === undefined || file.isInPlace()) return source;
    this.source = undefined;
    this.reason = `the SQLite file ${file.name} was removed or replaced while it was in use; put it back`;
    void source.destroy().catch(() => undefined);
    this.tryLater(new Error(this.reason), this.pauses.first);
    return undefined;
  }

  private async connect(): Promise<void> {
    const asFound = this.options.asFound ?? this.wasOpen;
    const options = { answerTimeout: ANSWER_TIMEOUT, ...this.options, asFound };
    const source = createDataSource(options, this.telemetry);
    try {
      await translateErrors('bridge-db', () => retryWhenBusy(() => openStrict(source)));
      await this.prepare(source);
    } catch (error) {
      this.reason = readMessage(error);
      if (source.isInitialized) await source.destroy().catch(() => undefined);
      throw error;
    }
    this.source = source;
    this.file = SqliteFile.of(source);
    this.wasOpen = true;
  }

  private async prepare(source: DataSource): Promise<void> {
    if (source.options.type === 'better-sqlite3') {
      const migrations = await translateErrors('bridge-db', () => migrateUp(source, this.options.version));
      if (migrations.length > 0) this.logger.log({ migrations }, 'bridge database migrated');
      return;
    }
    const pending = await translateErrors('bridge-db', () => findPendingMigrations(source));
    if (pending) throw pending;
    await translateErrors('bridge-db', () => refuseNewerSchema(source));
  }

  private tryLater(error: unknown, pause: number): void {
    if (this.closed) return;
    const fields = { reason: readMessage(error), retryIn: pause };
    if (error instanceof Unavailable) this.logger.warn(fields, 'bridge database unavailable; will retry');
    else this.logger.error(fields, 'bridge database cannot be used; will retry');
    const spread = pause * (0.75 + Math.random() * 0.5);
    this.timer = setTimeout(() => {
      this.attempt = this.connect().then(
        () => this.logger.log('bridge database available'),
        (failure: unknown) => this.tryLater(failure, Math.min(pause * 2, this.pauses.most)),
      );
    }, spread * 1000);
  }
}

function readMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
