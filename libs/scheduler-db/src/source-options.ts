import { asFound, type ConnectionLimits, dataSourceOptions, type DatabaseTarget } from '@bbb/sql';
import type { DataSourceOptions } from 'typeorm';

/**
 * TypeORM's options for somebody else's database, where nothing may change that outlives a connection: what makes a
 * SQLite file is Buildbot, and old masters cannot read every journal mode.
 */
export function sourceOptions(target: DatabaseTarget, limits: ConnectionLimits): DataSourceOptions {
  const options = dataSourceOptions(target, limits);
  // Several statements in one round trip; values are escaped by the driver for the SQL mode that `mysql-locks` sets.
  return options.type === 'mysql' ? { ...options, multipleStatements: true } : asFound(options);
}
