import type { EventEmitter } from 'node:events';
import type { DataSourceOptions } from 'typeorm';
import type { DatabaseTarget } from '../url/database-url.js';
import { createTlsOptions } from '../url/tls.js';
import { loadSqliteDriver, type SqliteConnection } from './sqlite-driver.js';

export interface ConnectionLimits {
  /** Connections kept at most; SQLite always has one. */
  poolSize: number;
  /** Seconds to wait for a connection. */
  connectTimeout: number;
}

/** Milliseconds of silence before the other end is asked whether it is there: firewalls forget silent connections. */
const KEEP_ALIVE = 60_000;

/** Milliseconds that a call may block the process; see `retryWhenBusy`. */
const BUSY = 'busy_timeout = 5';

/**
 * TypeORM's options for a target, without entities and migrations.
 *
 * SQLite goes through libsql, whose binaries come with the package, so that nothing is compiled at installation. Its
 * calls block the whole process, so a locked file answers "busy" after a few milliseconds; see `retryWhenBusy`.
 */
export function createDataSourceOptions(target: DatabaseTarget, limits: ConnectionLimits): DataSourceOptions {
  switch (target.dialect) {
    case 'sqlite':
      return {
        type: 'better-sqlite3',
        driver: loadSqliteDriver(),
        database: target.file,
        prepareDatabase: (database: SqliteConnection) => {
          database.pragma(BUSY);
          database.pragma('journal_mode = WAL');
          database.pragma('synchronous = FULL');
        },
      };
    case 'mysql':
      return {
        type: 'mysql',
        ...networkOptions(target),
        charset: 'utf8mb4',
        poolSize: limits.poolSize,
        connectTimeout: limits.connectTimeout * 1000,
        extra: { keepAliveInitialDelay: KEEP_ALIVE },
        // Counts of matched rows, so that a change to the same values still counts as done.
        flags: ['+FOUND_ROWS'],
        ...createTlsOptions(target),
      };
    case 'postgres':
      return {
        type: 'postgres',
        ...networkOptions(target),
        poolSize: limits.poolSize,
        connectTimeoutMS: limits.connectTimeout * 1000,
        extra: { onConnect: ignoreErrors, keepAlive: true, keepAliveInitialDelayMillis: KEEP_ALIVE },
        ...createTlsOptions(target),
      };
  }
}

/**
 * The same for a SQLite file that is not ours to make or change: one that is missing is refused, and the journal mode,
 * which is kept in the file, stays.
 */
export function keepFileAsFound(options: DataSourceOptions): DataSourceOptions {
  if (options.type !== 'better-sqlite3') return options;
  return {
    ...options,
    fileMustExist: true,
    prepareDatabase: (database: SqliteConnection) => void database.pragma(BUSY),
  };
}

/**
 * The pool listens to a connection's errors until it hands the connection out, TypeORM a moment later: an error in
 * between, as when the server ends a connection that has just been made, would end the process. Nothing is missed by
 * it: a connection that has had an error answers every query with one.
 */
function ignoreErrors(connection: EventEmitter): void {
  connection.on('error', () => undefined);
}

function networkOptions(target: Exclude<DatabaseTarget, { dialect: 'sqlite' }>) {
  const { host, port, user, password, database } = target;
  return { host, port, username: user, password, database };
}
