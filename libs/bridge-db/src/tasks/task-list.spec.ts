import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Invalid } from '@bbb/rules';
import type { DataSource } from 'typeorm';
import { createDatabase, describeDatabases, type TestDatabase } from '../../../../test/support/databases.js';
import { migrateUp } from '../migrate.js';
import { connect, makeOriginal } from '../testing/original.js';
import { type TaskFilter, TaskList, type TaskSort } from './task-list.js';
import { TaskStoreSql } from './task-store-sql.js';

describeDatabases('the list of tracked tasks, on %s', (kind) => {
  let database: TestDatabase;
  let source: DataSource;
  let list: TaskList;
  const db = { run: <T>(work: (source: DataSource) => Promise<T>) => work(source) };

  beforeEach(async () => {
    database = await createDatabase(kind);
    source = await connect(database.url);
    list = new TaskList(db);
  });
  afterEach(async () => {
    await source.destroy();
    await database.drop();
  });

  async function track(taskId: string, takenUntil: number | null, buildRequestId: number | null = 1) {
    const store = new TaskStoreSql(db);
    const { task } = await store.track({ taskId, runId: 0, createdDate: 1, buildRequestId });
    if (takenUntil !== null) await store.change(task, { takenUntil });
  }

  /** All pages of this size. */
  async function walk(size: number, filter: TaskFilter = {}, sort: TaskSort = 'claim'): Promise<string[]> {
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const { tasks, next } = await list.page(filter, sort, size, cursor);
      expect(tasks.length).toBeLessThanOrEqual(size);
      found.push(...tasks.map(({ taskId }) => taskId));
      cursor = next;
    } while (cursor !== undefined);
    return found;
  }

  it('goes by urgency, age or id, in pages of any size', async () => {
    await migrateUp(source);
    await track('e', 300);
    await track('d', null);
    await track('c', 100);
    await track('b', 300);
    await track('a', null, null);
    for (const size of [1, 2, 3, 5, 50]) {
      expect(await walk(size)).toEqual(['c', 'e', 'b', 'd', 'a']);
      expect(await walk(size, {}, 'age')).toEqual(['e', 'd', 'c', 'b', 'a']);
      expect(await walk(size, {}, 'task')).toEqual(['a', 'b', 'c', 'd', 'e']);
      expect(await walk(size, { claimedUntilBefore: 300 })).toEqual(['c']);
      expect(await walk(size, { state: 'claimed' })).toEqual(['c', 'e', 'b']);
      expect(await walk(size, { state: 'unclaimed' })).toEqual(['d', 'a']);
      expect(await walk(size, { state: 'creating' }, 'task')).toEqual(['a']);
      expect(await walk(size, { state: 'missing' })).toEqual([]);
    }
    expect(await list.count()).toBe(5);
    expect(await list.countByState()).toEqual({ tracked: 5, claimed: 3, creating: 1, missing: 0 });
    expect(await list.get('c')).toMatchObject({ taskId: 'c', takenUntil: 100, rev: 1 });
    expect(await list.get('x')).toBeUndefined();
    await expect(list.page({}, 'claim', 1, '{"part":"tasks"}')).rejects.toThrow(Invalid);
  });

  it.each(['until-1.6.2', 'from-1.6.3'] as const)(
    'reads the table of the Python bridge %s',
    async (generation) => {
      await makeOriginal(source, generation, [
        [1, 'a', 0, 10, 20, 300],
        [2, 'b', 0, 10, 20, null],
        [3, 'b', 2, 10, 20, 100],
      ]);
      for (const size of [1, 2, 50]) {
        expect(await walk(size)).toEqual(['b', 'a', 'b']);
        expect(await walk(size, { state: 'claimed' })).toEqual(['b', 'a']);
      }
      expect(await list.countByState()).toEqual({ tracked: 3, claimed: 2, creating: 0, missing: 0 });
      const found = async (...given: Parameters<TaskList['findWhere']>) =>
        (await list.findWhere(...given)).map(({ buildRequestId }) => buildRequestId).sort();
      expect(await found('taskId', ['b', 'c'])).toEqual([2, 3]);
      expect(await found('buildrequestId', [1, 3, 9])).toEqual([1, 3]);
      expect(await found('buildrequestId', [])).toEqual([]);
      expect(await list.get('b')).toMatchObject({ runId: 2, buildRequestId: 3, buildId: null, rev: 0 });
    },
  );

  it('refuses a database without tasks', async () => {
    await expect(list.get('a')).rejects.toThrow(/has no table of tasks yet: run `buildbot-bridge migrate`/);
  });
});
