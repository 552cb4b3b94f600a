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
  return keepFileAsFound(createDataSourceOptions(target, limits));
}
