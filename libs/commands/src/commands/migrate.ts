import { Option } from 'commander';
import { type MigrationState, migrateDown, migrateUp, migrationStates, withDataSource } from '@bbb/bridge-db';
import { readBridgeDbUrl } from '../bridge-database.js';
import type { CommandDefinition } from '../command-definition.js';
import { EXIT_DONE } from '../exit-codes.js';
import type { Output } from '../output/output.js';
import { jsonOption, type JsonOptions } from './json-option.js';

interface MigrateOptions extends JsonOptions {
  down?: boolean;
  show?: boolean;
}

export const migrate: CommandDefinition<MigrateOptions> = {
  name: 'migrate',
  summary: 'Migrate the bridge database',
  details:
    'Only this command and the services create a SQLite file; --show and --down refuse one that is missing.',
  options: [
    new Option('--down', "revert to the Python bridge's schema").conflicts('show'),
    new Option('--show', 'list migrations and their status'),
    jsonOption,
  ],
  examples: ['-c config.json migrate', 'migrate --show', 'migrate --show --json', 'migrate --down'],
  async run(context, options) {
    const { output } = context;
    const url = readBridgeDbUrl(context);
    if (options.show) {
      printStates(output, await withDataSource({ url, asFound: true }, migrationStates), options);
    } else if (options.down) {
      const reverted = await withDataSource({ url, asFound: true }, migrateDown);
      if (options.json) output.printJson({ reverted });
      else printNames(output, reverted, 'reverted', 'nothing to revert');
    } else {
      const migrated = await withDataSource({ url, asFound: false }, migrateUp);
      if (options.json) output.printJson({ migrated });
      else printNames(output, migrated, 'migrated', 'nothing to migrate');
    }
    return EXIT_DONE;
  },
};

function printStates(output: Output, migrations: MigrationState[], { json }: MigrateOptions): void {
  if (json) return output.printJson({ migrations });
  for (const { name, done } of migrations) output.printLine(`[${done ? 'X' : ' '}] ${name}`);
}

function printNames(output: Output, names: string[], verb: string, otherwise: string): void {
  if (names.length === 0) output.printLine(otherwise);
  for (const name of names) output.printLine(`${verb}: ${name}`);
}
