import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { parseBuildbot, parseDatabase, parseSchema, parseWholeNumber } from '../test/support/command-line.js';
import { MODERN_SCENARIOS, SCENARIOS, USUAL } from './scenarios/index.js';

/** Options of Node.js with which the definitions in deploy/ start services. */
const AS_DEPLOYED = ['--max-semi-space-size=8', '--heap-growing-percent=100'];

export interface BenchOptions {
  buildbot: 'legacy' | 'modern';
  scenarios: string[];
  latencies: number[];
  runs: number;
  events: number;
  tracked: number;
  database: 'mysql' | 'postgres';
  schema: 6 | 24;
  nodeFlags: string[];
  /** Whether it is also measured what the bench itself carries. */
  ceiling: boolean;
  json?: string;
  /** Measured in turn with this checkout: a commit that is built, the folder of a built checkout, or NAME=VALUE. */
  against?: string;
}

export const USAGE = `npm run bench -- [options]
npm run bench -- --against COMMIT|NAME=VALUE [options]
npm run bench -- --compare OLD.json NEW.json

Measures what the services do and cost, on real servers and a simulated Taskcluster.

  --buildbot legacy|modern    Buildbot 0.8, or a simulated 3.7 (default legacy)
  --scenario LIST             scenarios to measure, from ${Object.keys(SCENARIOS).join(', ')}
                              (default ${USUAL.legacy.join(',')});
                              of a modern Buildbot ${Object.keys(MODERN_SCENARIOS).join(', ')}; master-load is
                              measured on a real master, and needs buildbot in PATH (default ${USUAL.modern.join(',')})
  --latency LIST              milliseconds to delay Taskcluster's answers (default 20,0)
  --runs N                    runs of each scenario; the median is printed (default 3)
  --events N                  messages in a burst (default 2000)
  --tracked N                 tasks tracked by the reflector (default 2000)
  --database mysql|postgres   server of both databases (default mysql)
  --schema 6|24               schema version of the scheduler database (default 6)
  --node=FLAG                 pass this flag to Node.js for the services; may be given several times (default
                              ${AS_DEPLOYED.join(' ')})
  --ceiling                   also measure what the bench itself carries, with a null bridge, and mark figures near it
  --against COMMIT            also build COMMIT, measure both in turn, and print the ratios new / old; the folder of a
                              checkout that is built is taken as it is
  --against NAME=VALUE        also measure with this variable in the services' environment, in turn, and print the ratios
                              without / with it; BBB_JOURNAL_DAYS=0 turns the journal off
  --json FILE                 write all figures to FILE
  --compare OLD NEW           print the ratios NEW / OLD of two such files

Servers: BBB_TEST_AMQP_URL, BBB_TEST_MYSQL_URL and BBB_TEST_POSTGRES_URL, or the default local addresses. Databases and
queues are created under new names and removed at the end. This machine has ${availableParallelism()} processors; leave them free.
`;

/** @throws TypeError with a message for the user */
export function readOptions(args: readonly string[]): BenchOptions | { compare: [string, string] } | 'help' {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      buildbot: { type: 'string', default: 'legacy' },
      scenario: { type: 'string' },
      latency: { type: 'string', default: '20,0' },
      runs: { type: 'string', default: '3' },
      events: { type: 'string', default: '2000' },
      tracked: { type: 'string', default: '2000' },
      database: { type: 'string', default: 'mysql' },
      schema: { type: 'string', default: '6' },
      node: { type: 'string', multiple: true, default: [...AS_DEPLOYED] },
      json: { type: 'string' },
      ceiling: { type: 'boolean', default: false },
      against: { type: 'string' },
      compare: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  if (values.compare) {
    const [older, newer, ...others] = positionals;
    if (!older || !newer || others.length > 0) throw new TypeError('--compare takes two files');
    return { compare: [older, newer] };
  }
  if (positionals.length > 0) throw new TypeError(`unexpected argument: ${positionals.join(' ')}`);
  const buildbot = parseBuildbot(values.buildbot);
  const known = buildbot === 'legacy' ? SCENARIOS : MODERN_SCENARIOS;
  const scenarios = values.scenario?.split(',') ?? USUAL[buildbot];
  const unknown = scenarios.filter((name) => !Object.hasOwn(known, name));
  if (unknown.length > 0) throw new TypeError(`unknown scenario: ${unknown.join(', ')}`);
  if (values.ceiling && buildbot === 'modern')
    throw new TypeError('--ceiling is measured with a legacy Buildbot only');
  return {
    buildbot,
    scenarios,
    latencies: values.latency.split(',').map((text) => parseWholeNumber('--latency', text, 0)),
    runs: parseWholeNumber('--runs', values.runs),
    events: parseWholeNumber('--events', values.events),
    tracked: parseWholeNumber('--tracked', values.tracked),
    database: parseDatabase(values.database),
    schema: parseSchema(values.schema),
    nodeFlags: values.node,
    ceiling: values.ceiling,
    ...(values.json === undefined ? {} : { json: values.json }),
    ...(values.against === undefined ? {} : { against: values.against }),
  };
}
