import { dataSourceOptions, type DatabaseTarget } from '@bbb/sql';
import type { DataSourceOptions } from 'typeorm';

/** Seconds. */
export interface SourceLimits {
  poolSize: number;
  connectTimeout: number;
  /** For one answer of the server, waiting for a lock included. */
  queryTimeout: number;
}

/** TypeORM's options for somebody else's database, where nothing may change that outlives a connection. */
export function sourceOptions(target: DatabaseTarget, limits: SourceLimits): DataSourceOptions {
  const options = dataSourceOptions(target, limits);
  const milliseconds = limits.queryTimeout * 1000;
  switch (options.type) {
    case 'better-sqlite3':
      return {
        ...options,
        logging: false,
        // Its journal mode is kept in the file, and old masters cannot read every mode.
        prepareDatabase: (database: { pragma(text: string): unknown }) => {
          database.pragma('busy_timeout = 5');
        },
      };
    case 'mysql':
      // Several statements in one round trip; values are escaped by the driver for the SQL mode that `mysql-lock` sets.
      return {
        ...options,
        logging: false,
        multipleStatements: true,
        enableQueryTimeout: true,
        maxQueryExecutionTime: milliseconds,
      };
    case 'postgres':
      return { ...options, logging: false, extra: { query_timeout: milliseconds } };
    default:
      return options;
  }
}
