import {
  keepFileAsFound,
  type ConnectionLimits,
  createDataSourceOptions,
  type DatabaseTarget,
} from '@bbb/sql';
import type { DataSourceOptions } from 'typeorm';

/**
 * TypeORM's options for a database that belongs to Buildbot. Nothing that outlives a connection may change: the SQLite
 * file is made by Buildbot, and old masters cannot read every journal mode.
 */
export function createSourceOptions(target: DatabaseTarget, limits: ConnectionLimits): DataSourceOptions {
  const options = createDataSourceOptions(target, limits);
  // Several statements in one round trip; values are escaped by the driver for the SQL mode that `mysql-locks` sets.
  return options.type === 'mysql' ? { ...options, multipleStatements: true } : keepFileAsFound(options);
}
