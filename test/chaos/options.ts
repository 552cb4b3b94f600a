import { parseArgs } from 'node:util';
import { databaseNamed, schemaNamed, wholeNumber } from '../support/command-line.js';

export interface ChaosOptions {
  /** How long faults go on; tasks are created in the first 60 % of it. */
  seconds: number;
  seed: number;
  database: 'mysql' | 'postgres';
  schema: 6 | 24;
  /** Of each service. */
  instances: number;
  /** New tasks per second. */
  rate: number;
  /** Seconds after the last fault until what has not come to rest counts as stuck. */
  calm: number;
  /** Where the figures are written as JSON. */
  json?: string;
  /** Keep logs and configuration even when all went well. */
  keep: boolean;
}

export const USAGE = `npm run chaos -- [options]

  --seconds N                 how long faults go on (default 150); tasks are created in the first 60 % of it
  --seed N                    order of the mix, times and kinds of the faults (default 1)
  --database mysql|postgres   where both databases are made (default mysql)
  --schema 6|24               the scheduler database's schema (default 6 on mysql, which is MyISAM; 24 on postgres)
  --instances N               of each service (default 2)
  --rate N                    new tasks per second (default 3)
  --calm SECONDS              after the last fault, until what is not at rest counts as stuck (default 75)
  --json FILE                 write the figures there
  --keep                      keep logs and configuration

Servers: BBB_TEST_AMQP_URL, BBB_TEST_MYSQL_URL, BBB_TEST_POSTGRES_URL, or the usual local addresses. Everything made on
them has a name of its own and is removed in the end; the servers themselves are never restarted.
`;

/** @throws TypeError with a message for the user */
export function readOptions(args: readonly string[]): ChaosOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: 'string', default: '150' },
      seed: { type: 'string', default: '1' },
      database: { type: 'string', default: 'mysql' },
      schema: { type: 'string' },
      instances: { type: 'string', default: '2' },
      rate: { type: 'string', default: '3' },
      calm: { type: 'string', default: '75' },
      json: { type: 'string' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  const database = databaseNamed(values.database);
  const { schema = database === 'mysql' ? '6' : '24' } = values;
  return {
    seconds: wholeNumber('--seconds', values.seconds),
    seed: wholeNumber('--seed', values.seed),
    database,
    schema: schemaNamed(schema),
    instances: wholeNumber('--instances', values.instances),
    rate: wholeNumber('--rate', values.rate),
    calm: wholeNumber('--calm', values.calm),
    ...(values.json === undefined ? {} : { json: values.json }),
    keep: values.keep,
  };
}
