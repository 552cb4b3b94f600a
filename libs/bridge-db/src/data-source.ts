import type { Telemetry } from '@bbb/rules';
import {
  nameSetting,
  keepFileAsFound,
  BoundedDataSource,
  type ConnectionLimits,
  createDataSourceOptions,
  DriverLogger,
  parseDatabaseUrl,
} from '@bbb/sql';
import type { DataSource } from 'typeorm';
import { MessageRow } from './messages/message-row.js';
import { TaskRow } from './tasks/task-row.js';
import { PassRow } from './passes/pass-row.js';
import { TurnRow } from './turns/turn-row.js';
import { WalkRow } from './walks/walk-row.js';
import { InstanceRow } from './operation/instance-row.js';
import { JournalRow } from './operation/journal-row.js';
import { PauseRow } from './operation/pause-row.js';
import { CreateMessages1795000000000 } from './migrations/create-messages.js';
import { CreateOperation1794999999997 } from './migrations/create-operation.js';
import { CreatePasses1794999999998 } from './migrations/create-passes.js';
import { CreateTurns1794999999999 } from './migrations/create-turns.js';
import { CreateWalks1794999999996 } from './migrations/create-walks.js';
import { MIGRATIONS_TABLE } from './migrations/history.js';
import { TakeOverTasks1795000000001 } from './migrations/take-over-tasks.js';
import type { BridgeMigration } from './migrations/bridge-migration.js';
import { URL_SETTING } from './url-setting.js';

/** In the order in which they are run. `down` goes backwards, so what may refuse to go back comes last. */
export const MIGRATIONS: readonly (new () => BridgeMigration)[] = [
  CreateWalks1794999999996,
  CreateOperation1794999999997,
  CreatePasses1794999999998,
  CreateTurns1794999999999,
  CreateMessages1795000000000,
  TakeOverTasks1795000000001,
];

export interface BridgeDbOptions extends ConnectionLimits {
  /** In SQLAlchemy's form, see `parseDatabaseUrl`. */
  url: string;
  /** Seconds that a server may take over one round trip. */
  answerTimeout?: number;
  /** Whether a SQLite file is left as it is found: not created when it is missing, and its journal mode kept. */
  asFound?: boolean;
  /** Of the program, to be written down with the migrations that it runs. */
  version?: string;
}

/**
 * TypeORM's view of the bridge database, not connected yet. Without an answer timeout a statement may take as long as it
 * needs: migrations of a large table do.
 *
 * @throws Invalid when the URL is of no supported form
 */
export function createDataSource(options: BridgeDbOptions, telemetry?: Telemetry): DataSource {
  const usual = nameSetting(URL_SETTING, () =>
    createDataSourceOptions(parseDatabaseUrl(options.url), options),
  );
  return new BoundedDataSource(
    {
      ...(options.asFound ? keepFileAsFound(usual) : usual),
      entities: [TaskRow, MessageRow, TurnRow, PassRow, InstanceRow, JournalRow, PauseRow, WalkRow],
      migrations: [...MIGRATIONS],
      migrationsTableName: MIGRATIONS_TABLE,
      synchronize: false,
      logger: new DriverLogger('bridge-db', telemetry),
    },
    options.answerTimeout,
  );
}
