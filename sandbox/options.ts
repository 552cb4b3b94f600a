import { parseArgs } from 'node:util';
import { type Scenario, SCENARIOS } from './mix.js';
import { listModernScenarios } from './modern-mix.js';
import { WRONG_SYSTEMS, type WrongSystem } from './wrong/index.js';
import { parseBuildbot, parseSchema, parseWholeNumber } from '../test/support/command-line.js';

/** Options of the demonstration. */
export interface ShowOptions {
  buildbot: 'legacy' | 'modern';
  /** A running master with the builders of sandbox/modern/master.cfg; without it, a simulated master is used. */
  buildbotUrl?: string;
  buildbotUser: string;
  buildbotPasswordFile?: string;
  buildbotScheduler: string;
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
  /** What is wrong for a while. */
  wrong?: WrongSystem;
  /** Seconds after which a task that has not ended counts as stuck. */
  patience: number;
}

export const USAGE = `npm start -- [options]

Runs the bridge against simulated systems until a mix of tasks has ended, and compares every end with the expected one.

  --buildbot KIND         kind of Buildbot: legacy (0.8, the default) or modern (3.7 and newer)
  --tasks N               number of tasks (default: each scenario once)
  --seed N                seed of the order and of random events (default 1)
  --keep                  keep running at the end, and print the addresses of the page and the health endpoints
  --pulse URL             use this RabbitMQ (amqp://...), and run each service in its own process
  --database-server URL   use two new databases on this server (mysql://... or postgresql://...), dropped at the end
  --buildbot-url URL      use this modern master, which runs with sandbox/modern/master.cfg
  --buildbot-user NAME    the bridge's account there (default bridge)
  --buildbot-password-file FILE
                          file with the account's password (default: the password in sandbox/modern/master.cfg)
  --buildbot-scheduler NAME
                          the bridge's scheduler there (default bridge)
  --scheduler-db URL      use this empty database as the scheduler database of a legacy Buildbot
  --bridge-db URL         use this empty database as the bridge's database
  --schema 6|24           schema version of the scheduler database: 6 is Buildbot 0.8.2, 24 is 0.8.9 to 0.8.14 (default 6)
  --patience SECONDS      maximum seconds to wait for the slowest task (default 120)
  --wrong NAME            in place of the mix: let something outside the bridge be wrong for some seconds, print what the
                          bridge reports, and put it right (legacy Buildbot only):

${WRONG_SYSTEMS.map(({ name, summary, needs }) => `      ${name.padEnd(22)} ${summary}${needs ? ` (needs --database-server ${needs}://...)` : ''}`).join('\n')}

By default RabbitMQ is simulated too, the databases are SQLite files, and all services run in one process. Exit code 0:
every task ended as expected on both sides, and nothing is left in the bridge; with --wrong also: the bridge reported
what was wrong, stopped, ended and forgot nothing because of it, and kept its claims.
`;

/** @throws TypeError with a message for the user */
export function readOptions(args: readonly string[]): ShowOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      buildbot: { type: 'string', default: 'legacy' },
      'buildbot-url': { type: 'string' },
      'buildbot-user': { type: 'string', default: 'bridge' },
      'buildbot-password-file': { type: 'string' },
      'buildbot-scheduler': { type: 'string', default: 'bridge' },
      tasks: { type: 'string' },
      seed: { type: 'string', default: '1' },
      keep: { type: 'boolean', default: false },
      pulse: { type: 'string' },
      'database-server': { type: 'string' },
      'scheduler-db': { type: 'string' },
      'bridge-db': { type: 'string' },
      schema: { type: 'string', default: '6' },
      patience: { type: 'string', default: '120' },
      wrong: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  const buildbot = parseBuildbot(values.buildbot);
  if (buildbot === 'legacy' && values['buildbot-url'] !== undefined)
    throw new TypeError('--buildbot-url needs --buildbot modern');
  if (buildbot === 'modern' && values['scheduler-db'] !== undefined)
    throw new TypeError(
      '--scheduler-db needs --buildbot legacy; a modern Buildbot has no scheduler database',
    );
  const [schedulerDb, bridgeDb] = [values['scheduler-db'], values['bridge-db']];
  if (buildbot === 'legacy' && (schedulerDb === undefined) !== (bridgeDb === undefined)) {
    throw new TypeError('--scheduler-db and --bridge-db must be given together');
  }
  if (values['database-server'] !== undefined && bridgeDb !== undefined) {
    throw new TypeError('--database-server cannot be used with --scheduler-db and --bridge-db');
  }
  requireUrl('--buildbot-url', values['buildbot-url'], /^https?:\/\//, 'http://... or https://...');
  requireUrl('--pulse', values.pulse, /^amqps?:\/\//, 'amqp://...');
  requireUrl(
    '--database-server',
    values['database-server'],
    /^(mysql|postgres(ql)?):\/\//,
    'mysql://... or postgresql://...',
  );
  const wrong = values.wrong === undefined ? undefined : parseWrong(values.wrong, values['database-server']);
  if (wrong && buildbot === 'modern') throw new TypeError('--wrong needs --buildbot legacy');
  const scenarios = listScenarios({ buildbot, buildbotUrl: values['buildbot-url'] });
  const oneRound = scenarios.reduce((sum, { size = 1 }) => sum + size, 0);
  return {
    buildbot,
    buildbotUrl: values['buildbot-url'],
    buildbotUser: values['buildbot-user'],
    buildbotPasswordFile: values['buildbot-password-file'],
    buildbotScheduler: values['buildbot-scheduler'],
    tasks: values.tasks === undefined ? oneRound : parseWholeNumber('--tasks', values.tasks),
    seed: parseWholeNumber('--seed', values.seed),
    keep: values.keep,
    pulse: values.pulse,
    databaseServer: values['database-server'],
    schedulerDb,
    bridgeDb,
    schema: parseSchema(values.schema),
    patience: parseWholeNumber('--patience', values.patience),
    ...(wrong ? { wrong } : {}),
  };
}

/** The scenarios for a kind of Buildbot. */
export function listScenarios({
  buildbot,
  buildbotUrl,
}: Pick<ShowOptions, 'buildbot' | 'buildbotUrl'>): readonly Scenario[] {
  return buildbot === 'legacy' ? SCENARIOS : listModernScenarios(buildbotUrl === undefined);
}

function requireUrl(name: string, text: string | undefined, form: RegExp, words: string): void {
  if (text !== undefined && !(form.test(text) && URL.canParse(text)))
    throw new TypeError(`${name} must be ${words}`);
}

function parseWrong(name: string, databaseServer = ''): WrongSystem {
  const wrong = WRONG_SYSTEMS.find((one) => one.name === name);
  if (!wrong)
    throw new TypeError(`--wrong must be one of ${WRONG_SYSTEMS.map((one) => one.name).join(', ')}`);
  if (wrong.needs && !databaseServer.startsWith(wrong.needs))
    throw new TypeError(`--wrong ${name} needs --database-server ${wrong.needs}://...`);
  return wrong;
}
