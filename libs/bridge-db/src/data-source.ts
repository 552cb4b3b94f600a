import type { Telemetry } from '@bbb/bridge';
import { type ConnectionLimits, dataSourceOptions, DriverLogger, parseDatabaseUrl } from '@bbb/sql';
import { DataSource } from 'typeorm';
import { MessageRow } from './entities/message-row.js';
import { TaskRow } from './entities/task-row.js';
import { TurnRow } from './entities/turn-row.js';
import { CreateMessages1795000000000 } from './migrations/create-messages.js';
import { CreateTurns1794999999999 } from './migrations/create-turns.js';
import { TakeOverTasks1795000000001 } from './migrations/take-over-tasks.js';

/** In the order in which they are run. `down` goes backwards, so what may refuse to go back comes last. */
export const MIGRATIONS = [CreateTurns1794999999999, CreateMessages1795000000000, TakeOverTasks1795000000001];

/** Where it is written down which migrations were run. */
export const MIGRATIONS_TABLE = 'bridge_migrations';

export interface BridgeDbOptions extends ConnectionLimits {
  /** In SQLAlchemy's form, see `parseDatabaseUrl`. */
  url: string;
}

/**
 * TypeORM's view of the bridge's database, not connected yet.
 *
 * @throws Invalid when the URL is of no supported form
 */
export function createDataSource(options: BridgeDbOptions, telemetry?: Telemetry): DataSource {
  return new DataSource({
    ...dataSourceOptions(parseDatabaseUrl(options.url), options),
    entities: [TaskRow, MessageRow, TurnRow],
    migrations: MIGRATIONS,
    migrationsTableName: MIGRATIONS_TABLE,
    synchronize: false,
    logger: new DriverLogger('bridge-db', telemetry),
  });
}
