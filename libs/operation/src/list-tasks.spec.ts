import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { createDataSource, type Database, migrateUp, TaskList } from '@bbb/bridge-db';
import type { Explanation } from '@bbb/reconciler';
import { type TaskStatus, type RequestSnapshot } from '@bbb/rules';
import type { DataSource } from 'typeorm';
import {
  createDatabase,
  type DatabaseKind,
  describeDatabases,
  type TestDatabase,
} from '../../../test/support/databases.js';
import { listTasks, type TaskPage, type TaskQuery } from './list-tasks.js';
import type { OperationSystems } from './systems.js';

const TRACKED = 20_000;

const WAITING = {
  verdict: 'wait',
  cause: { verdict: 'wait', cause: 'the build runs' },
  wait: { for: 'build', text: 'the build ends' },
  limits: {},
} as unknown as Explanation;

/** What it took: statements, and how many tasks each call of either side was about. */
interface Taken {
  statements: { sql: string; values: unknown[] }[];
  statuses: number[];
  snapshots: number[];
}

describeDatabases(`the list of ${TRACKED} tracked tasks, on %s`, (kind) => {
  let database: TestDatabase;
  let source: DataSource;
  let taken: Taken;
  let systems: OperationSystems;

  beforeAll(async () => {
    database = await createDatabase(kind);
    source = createDataSource({ url: database.url, poolSize: 1, connectTimeout: 10 });
    await source.initialize();
    await migrateUp(source);
    await track(source, kind);
  }, 60_000);
  afterAll(async () => {
    await source.destroy();
    await database.drop();
  });

  beforeEach(() => {
    taken = { statements: [], statuses: [], snapshots: [] };
    source.logger.logQuery = (sql, values = []) =>
      void taken.statements.push({ sql, values: values as unknown[] });
    const db: Database = { run: (work) => work(source) };
    systems = {
      ...{ db, tasks: new TaskList(db), isMigrated: true, rootUrl: 'https://tc.example.com' },
      queue: {
        readStatuses: async (ids: readonly string[]) => {
          taken.statuses.push(ids.length);
          return new Map<string, TaskStatus>();
        },
      },
      buildbot: {
        readSnapshots: async (ids: readonly number[]) => {
          taken.snapshots.push(ids.length);
          return new Map<number, RequestSnapshot>();
        },
      },
      reconciler: { explain: async () => WAITING },
    } as unknown as OperationSystems;
  });

  async function walk(query: TaskQuery, pages: number): Promise<TaskPage[]> {
    const found: TaskPage[] = [];
    for (let cursor: string | undefined; found.length < pages; cursor = found.at(-1)!.next)
      found.push(await listTasks(systems, { ...query, ...(cursor === undefined ? {} : { cursor }) }));
    return found;
  }

  it('takes two statements and a call to each side for a page, and two more for the first', async () => {
    const pages = await walk({ limit: 500 }, 4);
    expect(pages.map(({ tasks, read }) => [tasks.length, read])).toEqual(Array(4).fill([500, 500]));
    expect(taken.statuses).toEqual(Array(4).fill(500));
    expect(taken.snapshots).toEqual(Array(4).fill(500));
    expect(taken.statements.length).toBe(4 * 2 + 2);
  });

  it('reads at most some thousand rows for a page of which none matches', async () => {
    const [page] = await walk({ limit: 50, waitingFor: 'worker', mostRead: 1000 }, 1);
    expect(page).toMatchObject({ tasks: [], read: 1000, next: expect.any(String) });
    expect(taken.statuses).toEqual([500, 500]);
  });

  it.each(['claim', 'age', 'task'] as const)(
    'by %s leaves out no task when rows of the page before leave their places meanwhile',
    async (sort) => {
      const query: TaskQuery = { limit: 50, sort, waitingFor: 'build' };
      const idsOf = ({ tasks }: TaskPage) => tasks.map(({ row }) => row.taskId);
      const [first, second] = (await walk(query, 2)) as [TaskPage, TaskPage];
      const gone = idsOf(first)
        .slice(0, 20)
        .map((taskId) => `'${taskId}'`);
      await source.query('BEGIN');
      try {
        await source.query(`DELETE FROM tasks WHERE ${source.driver.escape('taskId')} IN (${gone.join()})`);
        const page = await listTasks(systems, { ...query, cursor: first.next! });
        expect(idsOf(page)).toEqual(idsOf(second));
        expect(idsOf(page)).toHaveLength(50);
      } finally {
        await source.query('ROLLBACK');
      }
    },
  );

  it.each(['claim', 'age', 'task'] as const)('by %s reads the rows of a page and no others', async (sort) => {
    const pages = await walk({ limit: 50, sort }, 3);
    expect(pages.flatMap(({ tasks }) => tasks).length).toBe(150);
    const selects = taken.statements.filter(({ sql }) => /FROM tasks .*LIMIT/.test(sql));
    expect(selects.length).toBe(3);
    for (const { sql, values } of selects)
      expect(await countRowsRead(source, kind, sql, values)).toBeLessThan(200);
  });

  it('would notice a walk through all rows', async () => {
    const sql = 'SELECT * FROM tasks ORDER BY rev, runId LIMIT 50'.replace(
      'runId',
      source.driver.escape('runId'),
    );
    expect(await countRowsRead(source, kind, sql, [])).toBeGreaterThanOrEqual(TRACKED);
  });
});

async function track(source: DataSource, kind: DatabaseKind): Promise<void> {
  const columns = ['buildrequestId', 'taskId', 'runId', 'createdDate', 'takenUntil', 'rev'];
  const names = columns.map((name) => source.driver.escape(name)).join(', ');
  for (let first = 1; first <= TRACKED; first += 1000) {
    // One in ten is not claimed.
    const rows = Array.from({ length: 1000 }, (_, index) => first + index).map(
      (n) => `(${n}, 'task-${(n * 7919) % TRACKED}', 0, ${n}, ${n % 10 === 0 ? 'NULL' : 2_000_000 - n}, 0)`,
    );
    await source.query(`INSERT INTO tasks (${names}) VALUES ${rows.join(', ')}`);
  }
  await source.query(kind === 'mysql' ? 'ANALYZE TABLE tasks' : 'ANALYZE tasks');
}

/** Rows and index entries that the database reads for a statement; of SQLite, which does not count them, by its plan. */
async function countRowsRead(
  source: DataSource,
  kind: DatabaseKind,
  sql: string,
  values: unknown[],
): Promise<number> {
  if (kind === 'mysql') {
    const count = async () => {
      const rows = await source.query<{ Value: string }[]>("SHOW SESSION STATUS LIKE 'Handler_read_%'");
      return rows.reduce((sum, { Value }) => sum + Number(Value), 0);
    };
    const before = await count();
    await source.query(sql, values);
    const between = await count();
    // Reading the counters counts, too.
    return between - before - ((await count()) - between);
  }
  if (kind === 'postgres') {
    const [answer] = await source.query<{ 'QUERY PLAN': [{ Plan: PostgresStep }] }[]>(
      `EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`,
      values,
    );
    return sumRows(answer!['QUERY PLAN'][0].Plan);
  }
  const steps = await source.query<{ detail: string }[]>(`EXPLAIN QUERY PLAN ${sql}`, values);
  const isWalk = steps.some(({ detail }) => /TEMP B-TREE/.test(detail));
  return isWalk ? TRACKED : Number(/LIMIT (\d+)/.exec(sql)![1]);
}

interface PostgresStep {
  'Actual Rows': number;
  'Rows Removed by Filter'?: number;
  Plans?: PostgresStep[];
}

/** Of the steps that read the table. */
function sumRows({ Plans: plans = [], ...step }: PostgresStep): number {
  if (plans.length > 0) return plans.reduce((sum, part) => sum + sumRows(part), 0);
  return step['Actual Rows'] + (step['Rows Removed by Filter'] ?? 0);
}
