import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  createDataSourceOptions,
  type Dialect,
  MAX_IN_LIST,
  parseDatabaseUrl,
  numberPlaceholders,
} from '@bbb/sql';
import { DataSource } from 'typeorm';
import { createSchedulerSchema } from '../../../../sandbox/buildbot/index.js';
import { planCampaign } from '../../../../test/support/campaign.js';
import { createDatabase, type TestDatabase } from '../../../../test/support/databases.js';
import { describeEach, isReachable } from '../../../../test/support/servers.js';
import { findByKeys } from './find-by-key.js';
import { selectMarked } from './marked-requests.js';
import { selectCancellationTarget } from './cancellation-target.js';
import type { SchedulerSchema } from '../schema/recognise-schema.js';
import { selectRequests } from './snapshots.js';
import type { Statement } from '../connection/sql.js';

/** Requests that are complete, each with a buildset, source stamp, build and two properties. */
const { runs: HISTORY, timeout } = planCampaign({ usual: 64_000, full: 1_024_000, each: 0.1 });

/** Requests of the bridge's that are open: few of all, or reading the whole table is the better plan. */
const OPEN = HISTORY / 512;

/** Rows that a statement may be thought to look at for each that it is about. */
const BEARABLE = 20;

const SCHEMAS: Record<6 | 24, SchedulerSchema> = {
  6: { version: 6, claims: 'columns', sourcestamps: 'single', codebase: false },
  24: { version: 24, claims: 'table', sourcestamps: 'set', codebase: true },
};

const SECOND = 1_500_000_000;
const ids = Array.from({ length: Math.min(MAX_IN_LIST, OPEN / 2) }, (_, index) => HISTORY + 1 + index);
const keys = Array.from({ length: 10 }, (_, index) => ({
  taskId: `f3DnZ0QnQqWl0cH1Cq9vL${index}`,
  createdForRunId: 0,
  scheduledAt: SECOND + 5000 + 1000 * index,
}));
const key = { taskId: 'f3DnZ0QnQqWl0cH1Cq9vLw', createdForRunId: 0, scheduledAt: SECOND + 5000 };

describeEach(['mysql', 'postgres'], isReachable)('on %s with many requests', (kind) => {
  // The schema of the production dump was seen on MySQL only.
  const version = kind === 'mysql' ? 6 : 24;
  const schema = SCHEMAS[version];
  let database: TestDatabase;
  let source: DataSource;

  beforeAll(async () => {
    database = await createDatabase(kind);
    await createSchedulerSchema(database.url, version, { engine: 'InnoDB' });
    const target = parseDatabaseUrl(database.url);
    source = new DataSource(createDataSourceOptions(target, { poolSize: 1, connectTimeout: 10 }));
    await source.initialize();
    await fill(source, kind, version);
  }, timeout);
  afterAll(async () => {
    await source.destroy();
    await database.drop();
  });

  const statements: [string, Statement, number][] = [
    ['the look-up of a key', findByKeys([key]), 1],
    ['the look-up of many keys', findByKeys(keys), keys.length],
    ['snapshots of many', selectRequests(ids, schema), ids.length],
    ['a snapshot', selectRequests([7], schema), 1],
    ['a page of open requests', selectMarked(HISTORY, 1000), OPEN],
    ['the first page of open requests', selectMarked(0, 1000), OPEN],
    ['a request to be cancelled', selectCancellationTarget(30_000, schema), 100],
  ];

  it.each(statements)('%s needs no walk through a table', async (_, { sql, values }, about) => {
    const plan = await readPlan(source, kind, numberPlaceholders(kind, sql), values);
    expect(plan.walks).toEqual([]);
    expect(plan.rows).toBeLessThan(about * BEARABLE);
    await source.query(numberPlaceholders(kind, sql), [...values]);
  });

  it('would notice a walk', async () => {
    const sql = "SELECT id FROM buildsets WHERE reason = 'x'";
    expect((await readPlan(source, kind, sql, [])).walks).toEqual(['buildsets']);
  });
});

interface Plan {
  /** Tables that are read from end to end. */
  walks: string[];
  /** Rows that the database expects to look at in one of them at most. */
  rows: number;
}

async function readPlan(
  source: DataSource,
  dialect: Dialect,
  sql: string,
  values: readonly unknown[],
): Promise<Plan> {
  if (dialect === 'mysql') {
    const steps = await source.query<{ table: string; type: string; rows: number | string }[]>(
      `EXPLAIN ${sql}`,
      [...values],
    );
    return {
      walks: steps
        // What a subquery has found is no table of the database.
        .filter(({ table, type }) => (type === 'ALL' || type === 'index') && !table.startsWith('<'))
        .map(({ table }) => table),
      // Where rows are filtered by a second index the part that is left stands behind their number.
      rows: Math.max(...steps.map(({ rows }) => Number.parseFloat(String(rows ?? 0)))),
    };
  }
  const [answer] = await source.query<{ 'QUERY PLAN': [{ Plan: PostgresStep }] }[]>(
    `EXPLAIN (FORMAT JSON) ${sql}`,
    [...values],
  );
  const steps = listSteps(answer!['QUERY PLAN'][0].Plan);
  return {
    walks: steps.filter((step) => step['Node Type'] === 'Seq Scan').map((step) => step['Relation Name']!),
    rows: Math.max(...steps.map((step) => step['Plan Rows'])),
  };
}

interface PostgresStep {
  'Node Type': string;
  'Relation Name'?: string;
  'Plan Rows': number;
  Plans?: PostgresStep[];
}

function listSteps(step: PostgresStep): PostgresStep[] {
  return [step, ...(step.Plans ?? []).flatMap(listSteps)];
}

/** All numbers count from 1, and one request's rows have the same number in every table. */
async function fill(source: DataSource, dialect: Dialect, version: 6 | 24): Promise<void> {
  const run = (sql: string) => source.query(sql);
  await run('CREATE TABLE numbers (n INTEGER NOT NULL PRIMARY KEY)');
  await run(`INSERT INTO numbers VALUES ${Array.from({ length: 1000 }, (_, n) => `(${n + 1})`).join(', ')}`);
  for (let size = 1000; size < HISTORY; size *= 2) {
    await run(`INSERT INTO numbers SELECT n + ${size} FROM numbers`);
  }
  await run(`INSERT INTO numbers SELECT n + ${HISTORY} FROM numbers WHERE n <= ${OPEN}`);
  const text = (prefix: string) =>
    dialect === 'mysql' ? `CONCAT('${prefix}', n)` : `'${prefix}' || n::text`;
  const isDone = `CASE WHEN n <= ${HISTORY} THEN 1 ELSE 0 END`;
  const from = (columns: string, values: string) => `${columns} SELECT ${values} FROM numbers`;
  const stamp = version === 6 ? 'sourcestampid' : 'sourcestampsetid';
  if (version === 24) {
    await run(from('INSERT INTO sourcestampsets (id)', 'n'));
    await run("INSERT INTO objects (id, name, class_name) VALUES (1, 'master', 'BuildMaster')");
  }
  await run(
    from(
      `INSERT INTO sourcestamps (id, branch, revision, repository, project${version === 6 ? '' : ', sourcestampsetid'})`,
      `n, 'main', 'cd5fab20f6bd', '', ''${version === 6 ? '' : ', n'}`,
    ),
  );
  await run(
    from(
      `INSERT INTO buildsets (id, external_idstring, reason, ${stamp}, submitted_at, complete)`,
      `n, ${text('taskId:')}, ${text('Created by BBB for task ')}, n, ${SECOND} + n, ${isDone}`,
    ),
  );
  for (const name of ['taskId', 'createdForRunId']) {
    await run(
      from(
        'INSERT INTO buildset_properties (buildsetid, property_name, property_value)',
        `n, '${name}', '[0, "bbb"]'`,
      ),
    );
  }
  const claims = version === 6 ? ', claimed_at, claimed_by_name' : '';
  await run(
    from(
      `INSERT INTO buildrequests (id, buildsetid, buildername, submitted_at, complete${claims})`,
      `n, n, ${dialect === 'mysql' ? "CONCAT('builder ', n % 3000)" : "'builder ' || (n % 3000)::text"}, ` +
        `${SECOND} + n, ${isDone}${version === 6 ? `, ${SECOND} + n, 'master'` : ''}`,
    ),
  );
  if (version === 24) {
    await run(from('INSERT INTO buildrequest_claims (brid, objectid, claimed_at)', `n, 1, ${SECOND} + n`));
  }
  // A builder's builds are numbered from 1, so that every number is given out by every builder.
  await run(
    from(
      'INSERT INTO builds (id, number, brid, start_time, finish_time)',
      `n, ${dialect === 'mysql' ? 'n DIV 3000' : 'n / 3000'}, n, ${SECOND}, ${SECOND}`,
    ),
  );
  const tables = ['sourcestamps', 'buildsets', 'buildset_properties', 'buildrequests', 'builds'];
  if (version === 24) tables.push('buildrequest_claims');
  await run(`${dialect === 'mysql' ? 'ANALYZE TABLE' : 'ANALYZE'} ${tables.join(', ')}`);
}
