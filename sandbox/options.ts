import { parseArgs } from 'node:util';
import { schemaNamed, wholeNumber } from '../test/support/command-line.js';

/** How to show the bridge at work. */
export interface ShowOptions {
  tasks: number;
  seed: number;
  keep: boolean;
  /** A real broker's URL; without it an in-process broker is used, and all services run in this process. */
  pulse?: string;
  /** A database server on which two fresh databases are made and dropped. */
  databaseServer?: string;
  schedulerDb?: string;
  bridgeDb?: string;
  schema: 6 | 24;
  /** Seconds until what has not come to its end counts as stuck. */
  patience: number;
}

export const USAGE = `npm start -- [options]

  --tasks N               how many tasks (default: one round of the mix)
  --seed N                order of the mix and of what happens at random (default 1)
  --keep                  stay up afterwards, with the addresses of the health endpoints
  --pulse URL             amqp://... : a real RabbitMQ, and the three services as processes of their own
  --database-server URL   mysql://... or postgresql://... : two fresh databases there, dropped at the end
  --scheduler-db URL      an empty database for Buildbot's scheduler
  --bridge-db URL         an empty database for the bridge
  --schema 6|24           the scheduler database's schema: Buildbot 0.8.2 or 0.8.9 to 0.8.14 (default 6)
  --patience SECONDS      how long to wait for the slowest task (default 120)

Without --pulse the broker is simulated too, and the three services run in one process. Without database options
SQLite files are used. Exit code 0: every task ended as expected on both sides, and nothing is left in the bridge.
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
    throw new TypeError('--scheduler-db and --bridge-db go together');
  }
  if (values['database-server'] !== undefined && values['scheduler-db'] !== undefined) {
    throw new TypeError('--database-server makes the databases that --scheduler-db and --bridge-db name');
  }
  url('--pulse', values.pulse, /^amqps?:\/\//, 'amqp://...');
  url(
    '--database-server',
    values['database-server'],
    /^(mysql|postgres(ql)?):\/\//,
    'mysql://... or postgresql://...',
  );
  return {
    tasks: wholeNumber('--tasks', values.tasks ?? '18'),
    seed: wholeNumber('--seed', values.seed),
    keep: values.keep,
    pulse: values.pulse,
    databaseServer: values['database-server'],
    schedulerDb: values['scheduler-db'],
    bridgeDb: values['bridge-db'],
    schema: schemaNamed(values.schema),
    patience: wholeNumber('--patience', values.patience),
  };
}

function url(name: string, text: string | undefined, form: RegExp, words: string): void {
  if (text !== undefined && !(form.test(text) && URL.canParse(text)))
    throw new TypeError(`${name} is ${words}`);
}
