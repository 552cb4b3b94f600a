import { Option } from 'commander';
import {
  type MigrationState,
  migrateDown,
  migrateTo,
  migrateUp,
  listMigrationStates,
  withDataSource,
} from '@bbb/bridge-db';
import { readBridgeDbUrl } from '../bridge-database.js';
import type { CommandDefinition } from '../command-definition.js';
import { EXIT_DONE } from '../exit-codes.js';
import type { Output } from '../output/output.js';
import { toPlainLine } from '../output/plain-line.js';
import { readPackageVersion } from '../program/package-version.js';
import { jsonOption, type JsonOptions } from './json-option.js';

interface MigrateOptions extends JsonOptions {
  down?: boolean;
  to?: string;
  show?: boolean;
}

export const migrate: CommandDefinition<MigrateOptions> = {
  name: 'migrate',
  summary: 'Migrate the bridge database',
  details:
    'Only this command and the services create a SQLite file; --show, --down and --to refuse one that is missing. ' +
    'Before an earlier version of this program is installed again, --to reverts what that version does not know.',
  options: [
    new Option('--down', "revert to the Python bridge's schema").conflicts(['show', 'to']),
    new Option('--to <VERSION>', 'revert to the schema of an earlier version of this program').conflicts(
      'show',
    ),
    new Option('--show', 'list migrations and their status'),
    jsonOption,
  ],
  examples: [
    '-c config.json migrate',
    'migrate --show',
    'migrate --show --json',
    'migrate --to 3.0.0',
    'migrate --down',
  ],
  async run(context, options) {
    const { output } = context;
    const url = readBridgeDbUrl(context);
    if (options.show) {
      printStates(output, await withDataSource({ url, asFound: true }, listMigrationStates), options);
    } else if (options.down || options.to !== undefined) {
      const { to } = options;
      const revert =
        to === undefined ? migrateDown : (source: Parameters<typeof migrateDown>[0]) => migrateTo(source, to);
      const reverted = await withDataSource({ url, asFound: true }, revert);
      if (options.json) output.printJson({ reverted });
      else printNames(output, reverted, 'reverted', 'nothing to revert');
    } else {
      const migrated = await withDataSource({ url, asFound: false }, (source) =>
        migrateUp(source, readPackageVersion()),
      );
      if (options.json) output.printJson({ migrated });
      else printNames(output, migrated, 'migrated', 'nothing to migrate');
    }
    return EXIT_DONE;
  },
};

function printStates(output: Output, migrations: MigrationState[], { json }: MigrateOptions): void {
  if (json) return output.printJson({ migrations });
  for (const { name, done, version, unknown } of migrations) {
    const by = version === undefined ? '' : ` (by version ${toPlainLine(version)})`;
    const note = unknown ? ': unknown to this version' : '';
    output.printLine(`[${unknown ? '?' : done ? 'X' : ' '}] ${toPlainLine(name)}${by}${note}`);
  }
}

function printNames(output: Output, names: string[], verb: string, otherwise: string): void {
  if (names.length === 0) output.printLine(otherwise);
  for (const name of names) output.printLine(`${verb}: ${name}`);
}
