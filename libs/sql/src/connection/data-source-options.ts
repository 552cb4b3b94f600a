import type { EventEmitter } from 'node:events';
import type { DataSourceOptions } from 'typeorm';
import type { DatabaseTarget } from '../url/database-url.js';
import { createTlsOptions } from '../url/tls.js';
import { loadSqliteDriver, type SqliteConnection } from './sqlite-driver.js';

export interface ConnectionLimits {
  /** Maximum connections; SQLite always has one. */
  poolSize: number;
  /** Maximum seconds to wait for a connection. */
  connectTimeout: number;
}

/** Milliseconds without traffic before a TCP keep-alive: firewalls drop idle connections. */
const KEEP_ALIVE = 60_000;

/** Maximum milliseconds that a call may block the process; see `retryWhenBusy`. */
const BUSY = 'busy_timeout = 5';

/**
 * Creates TypeORM's options for a target, without entities and migrations.
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
        ...createNetworkOptions(target),
        charset: 'utf8mb4',
        poolSize: limits.poolSize,
        connectTimeout: limits.connectTimeout * 1000,
        extra: { keepAliveInitialDelay: KEEP_ALIVE },
        // Several statements in one round trip; `openStrict` makes sure that the server reads values as the driver escapes them.
        multipleStatements: true,
        // A stack trace for every statement takes longer than sending a small one; the error's text says which it was.
        trace: false,
        // Counts matched rows instead of changed ones, so that an update to the same values counts too.
        flags: ['+FOUND_ROWS'],
        ...createTlsOptions(target),
      };
    case 'postgres':
      return {
        type: 'postgres',
        ...createNetworkOptions(target),
        poolSize: limits.poolSize,
        connectTimeoutMS: limits.connectTimeout * 1000,
        extra: { onConnect: ignoreErrors, keepAlive: true, keepAliveInitialDelayMillis: KEEP_ALIVE },
        ...createTlsOptions(target),
      };
  }
}

/**
 * Changes the options for a SQLite file that the bridge must not create or change: a missing file is an error, and the
 * journal mode, which is stored in the file, is kept.
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
 * Adds an error listener. The pool listens to a connection's errors until it hands the connection out, TypeORM only a
 * moment later; an error in between, for example when the server ends a new connection, would end the process. No error
 * is lost: a connection that had an error answers every query with an error.
 */
function ignoreErrors(connection: EventEmitter): void {
  connection.on('error', () => undefined);
}

function createNetworkOptions(target: Exclude<DatabaseTarget, { dialect: 'sqlite' }>) {
  const { host, port, user, password, database } = target;
  return { host, port, username: user, password, database };
}
