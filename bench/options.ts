import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { databaseNamed, schemaNamed, wholeNumber } from '../test/support/command-line.js';
import { SCENARIOS, USUAL } from './scenarios/index.js';

export interface BenchOptions {
  scenarios: string[];
  latencies: number[];
  runs: number;
  events: number;
  tracked: number;
  database: 'mysql' | 'postgres';
  schema: 6 | 24;
  nodeFlags: string[];
  json?: string;
  /** A commit that is built and measured in turn with this checkout. */
  against?: string;
}

export const USAGE = `npm run bench -- [options]
npm run bench -- --against COMMIT [options]
npm run bench -- --compare OLD.json NEW.json

  --scenario LIST             of ${Object.keys(SCENARIOS).join(', ')}
                              (default ${USUAL.join(',')})
  --latency LIST              milliseconds by which Taskcluster's answers are late (default 20,0)
  --runs N                    of each, of which the median counts (default 3)
  --events N                  messages of a burst (default 2000)
  --tracked N                 tasks that a reflector watches (default 2000)
  --database mysql|postgres   where both databases are made (default mysql)
  --schema 6|24               the scheduler database's schema (default 6)
  --node=FLAG                 a flag of node's for the services; may come several times
  --against COMMIT            build that commit too, measure both in turn, and print the ratios new / old
  --json FILE                 write everything measured there
  --compare OLD NEW           print the ratios NEW / OLD of two such files

Servers: BBB_TEST_AMQP_URL, BBB_TEST_MYSQL_URL, BBB_TEST_POSTGRES_URL, or the usual local addresses. Everything made on
them has a name of its own and is removed in the end. This machine has ${availableParallelism()} processors; let nothing else use them.
`;

/** @throws TypeError with a message for the user */
export function readOptions(args: readonly string[]): BenchOptions | { compare: [string, string] } | 'help' {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      scenario: { type: 'string', default: USUAL.join(',') },
      latency: { type: 'string', default: '20,0' },
      runs: { type: 'string', default: '3' },
      events: { type: 'string', default: '2000' },
      tracked: { type: 'string', default: '2000' },
      database: { type: 'string', default: 'mysql' },
      schema: { type: 'string', default: '6' },
      node: { type: 'string', multiple: true, default: [] },
      json: { type: 'string' },
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
  if (positionals.length > 0) throw new TypeError(`unexpected: ${positionals.join(' ')}`);
  const scenarios = values.scenario.split(',');
  const unknown = scenarios.filter((name) => !Object.hasOwn(SCENARIOS, name));
  if (unknown.length > 0) throw new TypeError(`no scenario ${unknown.join(', ')}`);
  return {
    scenarios,
    latencies: values.latency.split(',').map((text) => wholeNumber('--latency', text, 0)),
    runs: wholeNumber('--runs', values.runs),
    events: wholeNumber('--events', values.events),
    tracked: wholeNumber('--tracked', values.tracked),
    database: databaseNamed(values.database),
    schema: schemaNamed(values.schema),
    nodeFlags: values.node,
    ...(values.json === undefined ? {} : { json: values.json }),
    ...(values.against === undefined ? {} : { against: values.against }),
  };
}
