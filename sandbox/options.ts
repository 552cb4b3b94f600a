import { parseArgs } from 'node:util';
import { parseSchema, parseWholeNumber } from '../test/support/command-line.js';

/** Options of the demonstration. */
export interface ShowOptions {
  tasks: number;
  seed: number;
  keep: boolean;
  /** A real broker's URL; without it an in-process broker is used, and all services run in this process. */
  pulse?: string;
  /** A database server on which two databases are created and dropped. */
  databaseServer?: string;
  schedulerDb?: string;
  bridgeDb?: string;
  schema: 6 | 24;
  /** Seconds after which a task that has not ended counts as stuck. */
  patience: number;
}

export const USAGE = `npm start -- [options]

Runs the bridge against simulated systems until a mix of tasks has ended, and compares every end with the expected one.

  --tasks N               number of tasks (default 18: each scenario once)
  --seed N                seed of the order and of random events (default 1)
  --keep                  keep running at the end, and print the addresses of the health endpoints
  --pulse URL             use this RabbitMQ (amqp://...), and run each service in its own process
  --database-server URL   use two new databases on this server (mysql://... or postgresql://...), dropped at the end
  --scheduler-db URL      use this empty database as Buildbot's scheduler database
  --bridge-db URL         use this empty database as the bridge's database
  --schema 6|24           schema version of the scheduler database: 6 is Buildbot 0.8.2, 24 is 0.8.9 to 0.8.14 (default 6)
  --patience SECONDS      maximum seconds to wait for the slowest task (default 120)

By default RabbitMQ is simulated too, the databases are SQLite files, and all services run in one process. Exit code 0:
every task ended as expected on both sides, and nothing is left in the bridge.
`;

/** @throws TypeError with a message for the user */
export function readOptions(args: readonly string[]): ShowOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      tasks: { type: 'string' },
      seed: { type: 'string', default: '1' },
      keep: { type: 'boolean', default: false },
      pulse: { type: 'string' },
      'database-server': { type: 'string' },
      'scheduler-db': { type: 'string' },
      'bridge-db': { type: 'string' },
      schema: { type: 'string', default: '6' },
      patience: { type: 'string', default: '120' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  if ((values['scheduler-db'] === undefined) !== (values['bridge-db'] === undefined)) {
    throw new TypeError('--scheduler-db and --bridge-db must be given together');
  }
  if (values['database-server'] !== undefined && values['scheduler-db'] !== undefined) {
    throw new TypeError('--database-server cannot be used with --scheduler-db and --bridge-db');
  }
  requireUrl('--pulse', values.pulse, /^amqps?:\/\//, 'amqp://...');
  requireUrl(
    '--database-server',
    values['database-server'],
    /^(mysql|postgres(ql)?):\/\//,
    'mysql://... or postgresql://...',
  );
  return {
    tasks: parseWholeNumber('--tasks', values.tasks ?? '18'),
    seed: parseWholeNumber('--seed', values.seed),
    keep: values.keep,
    pulse: values.pulse,
    databaseServer: values['database-server'],
    schedulerDb: values['scheduler-db'],
    bridgeDb: values['bridge-db'],
    schema: parseSchema(values.schema),
    patience: parseWholeNumber('--patience', values.patience),
  };
}

function requireUrl(name: string, text: string | undefined, form: RegExp, words: string): void {
  if (text !== undefined && !(form.test(text) && URL.canParse(text)))
    throw new TypeError(`${name} must be ${words}`);
}
