import { createRequire } from 'node:module';

/** The part of libsql's connection that is used. */
export interface SqliteConnection {
  readonly inTransaction: boolean;
  exec(sql: string): void;
  pragma(text: string): unknown;
  prepare(sql: string): SqliteStatement;
}

interface SqliteStatement {
  run(...values: unknown[]): unknown;
  all(...values: unknown[]): unknown;
}

const WRITE = /^\s*(?:INSERT|UPDATE|DELETE|REPLACE|CREATE|ALTER|DROP)\b/i;

/**
 * Loads libsql, and wraps each write outside a transaction in a transaction of its own.
 *
 * libsql 0.5 leaves a write that finds the file locked unfinished until it is garbage-collected or run again. Until then
 * the connection commits nothing: later writes seem to succeed, can be lost, and keep the file locked. With a transaction
 * it is the BEGIN that finds the file locked, which leaves nothing unfinished.
 */
export function loadSqliteDriver(): unknown {
  // Loaded on demand: its binary takes 4 MB of memory, which MySQL and PostgreSQL do not need.
  const Connection = createRequire(import.meta.url)('libsql') as new (
    ...given: unknown[]
  ) => SqliteConnection;
  return class extends Connection {
    override prepare(sql: string): SqliteStatement {
      const statement = super.prepare(sql);
      return WRITE.test(sql) ? wrapInTransaction(this, statement) : statement;
    }
  };
}

function wrapInTransaction(connection: SqliteConnection, statement: SqliteStatement): SqliteStatement {
  for (const method of ['run', 'all'] as const) {
    const execute = statement[method].bind(statement);
    statement[method] = (...values) => {
      if (connection.inTransaction) return execute(...values);
      connection.exec('BEGIN IMMEDIATE');
      try {
        const result = execute(...values);
        connection.exec('COMMIT');
        return result;
      } catch (error) {
        if (connection.inTransaction) connection.exec('ROLLBACK');
        throw error;
      }
    };
  }
  return statement;
}
