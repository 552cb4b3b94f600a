import { Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import {
  type MarkedRequest,
  type RequestKey,
  type RequestSnapshot,
  type RequestSpec,
  type Telemetry,
} from '@bbb/rules';
import {
  type Dialect,
  nameSetting,
  DriverLogger,
  parseDatabaseUrl,
  findUnusable,
  ServerClock,
  WriteProbe,
} from '@bbb/sql';
import { SYSTEM } from './connection/driver-errors.js';
import { detectSchema, type DetectedSchema } from './schema/detect-schema.js';
import type { KeyLocks } from './locks/key-locks.js';
import { LazySource } from './connection/lazy-source.js';
import { chooseRequest, findByKeys } from './requests/find-by-key.js';
import { selectMarked, toMarkedPage } from './requests/marked-requests.js';
import { createMysqlLocks } from './locks/mysql-locks.js';
import { createPostgresLocks } from './locks/postgres-locks.js';
import { RequestCreator } from './requests/request-creator.js';
import {
  type CancellationTarget,
  selectCancellationTarget,
  toCancellationTarget,
} from './requests/cancellation-target.js';
import { type PlaceInDatabase, selectPlace, toPlace } from './requests/request-place.js';
import { selectRequests, toSnapshots } from './requests/snapshots.js';
import { SnapshotReader } from './requests/snapshot-reader.js';
import { selectSharers } from './requests/sharers.js';
import { toUnreadable } from './requests/unreadable.js';
import type { SchedulerDbOptions } from './options.js';
import { createSourceOptions } from './connection/source-options.js';
import { createSqliteLocks } from './locks/sqlite-locks.js';

/** The names of the URL's setting, for an operator who has to act. */
const URL_SETTING = 'buildbot_scheduler_db (BBB_SCHEDULER_DB_URL)';

const LOCKS: Record<Dialect, (source: LazySource, patience: number) => KeyLocks> = {
  sqlite: createSqliteLocks,
  mysql: createMysqlLocks,
  postgres: createPostgresLocks,
};

/** The rights that creating a request takes, and no row. */
const WRITE_NOTHING = {
  sql: 'INSERT INTO buildrequests SELECT * FROM buildrequests WHERE 1 = 0',
  values: [],
};

/**
 * Buildbot 0.8's scheduler database, as it is found: SQLite, MySQL, MariaDB or PostgreSQL, schema 6 to 24. Nothing in
 * it is changed but the rows of new requests.
 *
 * It may be unavailable at any time: it is opened, and its schema recognised, when it is first needed. Every method
 * throws Unavailable while it is unavailable, or when its schema is unknown.
 */
export class SchedulerDb implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger('SchedulerDb');
  private readonly source: LazySource;
  private readonly writing: LazySource;
  private readonly creator: RequestCreator;
  private readonly snapshots = new SnapshotReader((ids) => this.selectSnapshots(ids));
  private readonly writeProbe = new WriteProbe();
  readonly serverClock: ServerClock;
  private readonly connectTimeout: number;
  private detecting?: Promise<DetectedSchema>;

  /** @throws Invalid when the URL is of no supported form */
  constructor(
    { url, poolSize, connectTimeout, lockTimeout = 10, answerTimeout = 20 }: SchedulerDbOptions,
    telemetry?: Telemetry,
  ) {
    this.connectTimeout = connectTimeout;
    const [target, options] = nameSetting(URL_SETTING, () => {
      const parsed = parseDatabaseUrl(url);
      const logger = new DriverLogger(SYSTEM, telemetry);
      return [parsed, { ...createSourceOptions(parsed, { poolSize, connectTimeout }), logger }];
    });
    const patience = lockTimeout + answerTimeout;
    const { dialect } = target;
    this.source = new LazySource(dialect, options, patience);
    this.serverClock = new ServerClock(dialect, (sql) => this.source.query({ sql, values: [] }));
    // One connection is all that a SQLite source has: a read would find itself in the midst of a transaction.
    this.writing = dialect === 'sqlite' ? new LazySource(dialect, options, patience) : this.source;
    const underLocks = LOCKS[dialect](this.writing, lockTimeout);
    this.creator = new RequestCreator(underLocks, () => this.readSchema());
  }

  /**
   * Creates a request, or finds the one that exists for its key: exactly one for each key, with any number of callers.
   * When the answer to a commit is lost this throws Unavailable, and the next call finds what was written.
   *
   * @param stillWanted asked under the lock of {@link withdraw}; false: nothing is written, undefined is returned
   * @throws Invalid when the database rejects a value
   */
  create(spec: RequestSpec, stillWanted: () => Promise<boolean>): Promise<number | undefined> {
    return this.creator.create(spec, stillWanted);
  }

  /** Under the lock of {@link create}: the request that exists, or undefined once `forget` has run. */
  withdraw(key: RequestKey, forget: () => Promise<void>): Promise<number | undefined> {
    return this.creator.withdraw(key, forget);
  }

  /** The request that exists for a key. */
  async find(key: RequestKey): Promise<number | undefined> {
    await this.readSchema();
    return chooseRequest(await this.source.query(findByKeys([key])), key);
  }

  /** Requests as they stand. Unknown ids are missing from the map; requests that cannot be read have their error there. */
  readSnapshots(buildRequestIds: readonly number[]): Promise<Map<number, RequestSnapshot | Error>> {
    return this.snapshots.read(buildRequestIds);
  }

  /** A request with what has to be known before it is cancelled, in one statement; undefined for an unknown id. */
  async findCancellationTarget(buildRequestId: number): Promise<CancellationTarget | undefined> {
    const schema = await this.readSchema();
    const rows = await this.source.query(selectCancellationTarget(buildRequestId, schema));
    try {
      return toCancellationTarget(rows, schema);
    } catch (error) {
      throw toUnreadable(buildRequestId)(error);
    }
  }

  /** The other open requests that a running build serves. */
  async listSharers(buildId: number): Promise<number[]> {
    const schema = await this.readSchema();
    return (await this.source.query(selectSharers(buildId, schema))).map(({ id }) => Number(id));
  }

  /** The place of a request among those of its builder. */
  async readPlace(buildRequestId: number): Promise<PlaceInDatabase> {
    const schema = await this.readSchema();
    return toPlace(await this.source.query(selectPlace(buildRequestId, schema)));
  }

  /** Open requests that a bridge made, by ascending id after `afterBuildRequestId`; fewer than `limit` are the last. */
  async listMarkedOpenRequests(afterBuildRequestId: number, limit: number): Promise<MarkedRequest[]> {
    await this.readSchema();
    const found: MarkedRequest[] = [];
    for (let after = afterBuildRequestId; ;) {
      const wanted = limit - found.length;
      const { marked, unreadable, read, lastBuildRequestId } = toMarkedPage(
        await this.source.query(selectMarked(after, wanted)),
      );
      found.push(...marked);
      for (const [buildRequestId, error] of unreadable)
        this.logger.warn({ buildRequestId, error }, 'skipped a build request that cannot be read');
      if (read < wanted || marked.length === wanted || lastBuildRequestId === undefined) return found;
      after = lastBuildRequestId;
    }
  }

  /**
   * Why the database cannot be used now, or cannot take requests because it is read-only or full, its setting named;
   * undefined when it can. Asks the database. An account that may only read is not a problem of the database.
   */
  async findProblem(): Promise<string | undefined> {
    const problem = await this.checkUse();
    return problem === undefined || problem.includes(URL_SETTING) ? problem : `${URL_SETTING}: ${problem}`;
  }

  /** Closes the connections; a later call opens them again. */
  async close(): Promise<void> {
    await Promise.all([this.source.close(), this.writing.close()]);
  }

  /**
   * Checks once whether the database can be used, and logs what keeps it from that: an unavailable server, a wrong
   * password or schema is no reason not to start, because it may be put right meanwhile.
   *
   * @throws NotStrict when a MySQL server answers and does not let the connection be strict
   * @throws Invalid when a SQLite file is missing, or is no database
   */
  async onModuleInit(): Promise<void> {
    const failure = await this.source.findFailure(this.connectTimeout, () => this.readSchema());
    if (failure === undefined) return;
    const unusable = findUnusable(failure);
    if (unusable) throw unusable.withSetting(URL_SETTING);
    this.logger.warn(
      { setting: URL_SETTING, reason: failure.message },
      'scheduler database cannot be used; it is tried again whenever it is needed',
    );
  }

  onApplicationShutdown(): Promise<void> {
    return this.close();
  }

  private async checkUse(): Promise<string | undefined> {
    try {
      await this.readSchema();
      await this.source.query({ sql: 'SELECT 1', values: [] });
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    return this.writeProbe.findProblem(() => this.source.query(WRITE_NOTHING));
  }

  private async selectSnapshots(ids: readonly number[]): Promise<Map<number, RequestSnapshot | Error>> {
    const schema = await this.readSchema();
    return toSnapshots(await this.source.query(selectRequests(ids, schema)), schema);
  }

  /** The schema, recognised once; a failure is not kept. */
  private readSchema(): Promise<DetectedSchema> {
    this.detecting ??= detectSchema(this.source).then(
      (schema) => {
        this.logger.log({ dialect: this.source.dialect, ...schema }, 'scheduler database recognised');
        if (!schema.transactions)
          this.logger.warn(
            'scheduler tables have no transactions; masters are protected only by the order of the inserts',
          );
        return schema;
      },
      (error: unknown) => {
        this.detecting = undefined;
        throw error;
      },
    );
    return this.detecting;
  }
}
