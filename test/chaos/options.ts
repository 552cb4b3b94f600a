import { parseArgs } from 'node:util';
import { parseBuildbot, parseDatabase, parseSchema, parseWholeNumber } from '../support/command-line.js';

export const FAULTS = ['all', 'reflectors', 'switch-over'] as const;
export type Faults = (typeof FAULTS)[number];

export interface ChaosOptions {
  /** modern: on a real master that this command starts. */
  buildbot: 'legacy' | 'modern';
  /** How long faults go on; tasks are created in the first 60 % of it. */
  seconds: number;
  seed: number;
  database: 'mysql' | 'postgres';
  schema: 6 | 24;
  /** All faults at random, or a course of a few; then no claim may expire. */
  faults: Faults;
  /** Of each service; of the reflector one more. */
  instances: number;
  /** New tasks per second. */
  rate: number;
  /** Seconds after the last fault until what has not come to rest counts as stuck; on a modern master, after the last change. */
  calm: number;
  /** Where the figures are written as JSON. */
  json?: string;
  /** Keep logs and configuration even when all went well. */
  keep: boolean;
}

export const USAGE = `npm run chaos -- [options]

Runs the services on real servers while faults happen, and then audits every task on both sides.

  --buildbot legacy|modern    a simulated Buildbot 0.8, or a real modern master, which needs buildbot and
                              buildbot-worker in PATH (default legacy)
  --seconds N                 seconds during which faults happen (default 150); tasks are created in the first 60 %
  --seed N                    seed of the tasks and the faults (default 1)
  --database mysql|postgres   server of both databases (default mysql)
  --schema 6|24               schema version of the scheduler database (default 6 with MyISAM on mysql, 24 on postgres)
  --faults all|reflectors|switch-over
                              all: everything at random (default); reflectors: of three, one is cut off from each outside
                              system in turn, one is paused again and again, one has a wrong rootUrl; switch-over: both
                              databases move to another server, and the old one becomes read-only
  --instances N               instances of each service (default 2); there is one more reflector
  --rate N                    new tasks per second (default 3; 1 on a modern master)
  --calm SECONDS              seconds after the last fault until a task that has not ended counts as stuck (default 75);
                              on a modern master, seconds without any change (default 120)
  --json FILE                 write all figures to FILE
  --keep                      keep logs and configuration

Servers: BBB_TEST_AMQP_URL, BBB_TEST_MYSQL_URL and BBB_TEST_POSTGRES_URL, or the default local addresses. Databases and
queues are created under new names and removed at the end; the servers are never restarted.
`;

/** @throws TypeError with a message for the user */
export function readOptions(args: readonly string[]): ChaosOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      buildbot: { type: 'string', default: 'legacy' },
      seconds: { type: 'string', default: '150' },
      seed: { type: 'string', default: '1' },
      database: { type: 'string', default: 'mysql' },
      schema: { type: 'string' },
      faults: { type: 'string', default: 'all' },
      instances: { type: 'string', default: '2' },
      rate: { type: 'string' },
      calm: { type: 'string' },
      json: { type: 'string' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  const database = parseDatabase(values.database);
  const { schema = database === 'mysql' ? '6' : '24' } = values;
  const buildbot = parseBuildbot(values.buildbot);
  // A real master builds one request of a builder at a time, and restarts take it some seconds.
  const { rate, calm } = { legacy: { rate: '3', calm: '75' }, modern: { rate: '1', calm: '120' } }[buildbot];
  return {
    buildbot,
    seconds: parseWholeNumber('--seconds', values.seconds),
    seed: parseWholeNumber('--seed', values.seed),
    database,
    schema: parseSchema(schema),
    faults: parseFaults(values.faults, values.buildbot),
    instances: parseWholeNumber('--instances', values.instances),
    rate: parseWholeNumber('--rate', values.rate ?? rate),
    calm: parseWholeNumber('--calm', values.calm ?? calm),
    ...(values.json === undefined ? {} : { json: values.json }),
    keep: values.keep,
  };
}

function parseFaults(text: string, buildbot: string): Faults {
  const faults = FAULTS.find((one) => one === text);
  if (!faults) throw new TypeError(`--faults must be ${FAULTS.join(' or ')}`);
  if (faults !== 'all' && buildbot === 'modern') throw new TypeError('--faults needs --buildbot legacy');
  return faults;
}
