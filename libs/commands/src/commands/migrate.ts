import { Option } from 'commander';
import {
  type MigrationState,
  migrateDown,
  migrateTo,
  migrateUp,
  type MigrationStep,
  listMigrationStates,
  type ReportStep,
  withDataSource,
} from '@bbb/bridge-db';
import { readBridgeDbUrl } from '../bridge-database.js';
import type { CommandContext, CommandDefinition } from '../command-definition.js';
import { EXIT_DONE } from '../exit-codes.js';
import type { Output } from '../output/output.js';
import { toPlainLine } from '../output/plain-line.js';
import { ProgressLine } from '../output/progress-line.js';
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
    'To install an earlier version of this program again, run --to with that version first: it reverts the migrations ' +
    'that the earlier version does not know. --show, --down and --to do not create a missing SQLite file. ' +
    'Progress of a long migration is printed on standard error.',
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
      const reverted = await showProgress(context, (report) =>
        withDataSource({ url, asFound: true }, (source) =>
          to === undefined ? migrateDown(source, report) : migrateTo(source, to, report),
        ),
      );
      if (options.json) output.printJson({ reverted });
      else printNames(output, reverted, 'reverted', 'nothing to revert');
    } else {
      const migrated = await showProgress(context, (report) =>
        withDataSource({ url, asFound: false }, (source) => migrateUp(source, readPackageVersion(), report)),
      );
      if (options.json) output.printJson({ migrated });
      else printNames(output, migrated, 'migrated', 'nothing to migrate');
    }
    return EXIT_DONE;
  },
};

/** Milliseconds after which a command shows its progress, and between two updates on a terminal. */
const SHOWN_AFTER = 2000;
const UPDATED_EVERY = 1000;

/** Runs migrations; where they take long, shows on standard error what is under way, unless --quiet. */
async function showProgress<T>(
  { host, globals }: CommandContext,
  work: (report: ReportStep) => Promise<T>,
): Promise<T> {
  const progress = new ProgressLine(host.stderr, Date.now, false);
  let step: MigrationStep | undefined;
  let isShown = false;
  const show = () => {
    if (isShown && step) progress.show(step.done, step.total, step.what);
  };
  const delay = setTimeout(() => {
    isShown = !globals.quiet;
    show();
  }, SHOWN_AFTER);
  const updates = setInterval(show, UPDATED_EVERY);
  try {
    return await work((next) => {
      step = next;
      show();
    });
  } finally {
    clearTimeout(delay);
    clearInterval(updates);
    if (isShown) progress.erase();
  }
}

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
