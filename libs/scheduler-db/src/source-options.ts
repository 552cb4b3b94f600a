import { type ConnectionLimits, dataSourceOptions, type DatabaseTarget } from '@bbb/sql';
import type { DataSourceOptions } from 'typeorm';

/** TypeORM's options for somebody else's database, where nothing may change that outlives a connection. */
export function sourceOptions(target: DatabaseTarget, limits: ConnectionLimits): DataSourceOptions {
  const options = dataSourceOptions(target, limits);
  switch (options.type) {
    case 'better-sqlite3':
      return {
        ...options,
        // What makes it is Buildbot.
        fileMustExist: true,
        // Its journal mode is kept in the file, and old masters cannot read every mode.
        prepareDatabase: (database: { pragma(text: string): unknown }) => {
          database.pragma('busy_timeout = 5');
        },
      };
    case 'mysql':
      // Several statements in one round trip; values are escaped by the driver for the SQL mode that `mysql-lock` sets.
      return { ...options, multipleStatements: true };
    default:
      return options;
  }
}
