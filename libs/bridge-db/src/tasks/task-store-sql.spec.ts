import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Invalid, type Telemetry, type TrackedTask, Unavailable } from '@bbb/rules';
import { BridgeDb } from '../bridge-db.js';
import { TaskStoreSql } from './task-store-sql.js';
import { describeStores } from '../testing/describe-stores.js';

const A = 'fZ42HVdDQ-KFFycr9PxptA';
const task = { taskId: A, runId: 0, createdDate: 1400000000 };
const TRACKED: TrackedTask = {
  taskId: A,
  runId: 0,
  buildRequestId: null,
  buildId: null,
  createdDate: 1400000000,
  processedDate: null,
  takenUntil: null,
  missingSince: null,
  rev: 0,
};

describeStores('TaskStoreSql on %s', (kind, current) => {
  let store: TaskStoreSql;
  let other: TaskStoreSql;

  beforeEach(() => {
    [store, other] = current.dbs.map((db) => new TaskStoreSql(db)) as [TaskStoreSql, TaskStoreSql];
  });

  it('tracks a task once, and tells the second that it is tracked', async () => {
    expect(await store.get(A)).toBeUndefined();
    expect(await store.track(task)).toEqual({ task: TRACKED, created: true });
    expect(await other.track({ ...task, runId: 5 })).toEqual({ task: TRACKED, created: false });
    expect(await store.get(A)).toEqual(TRACKED);
  });

  it('tracks a task whose request exists already, with whole seconds', async () => {
    await store.track({ ...task, createdDate: 1400000000.9, buildRequestId: 77 });
    expect(await store.get(A)).toEqual({ ...TRACKED, buildRequestId: 77 });
  });

  it('tells task ids apart that differ in case', async () => {
    await store.track(task);
    expect((await store.track({ ...task, taskId: A.toLowerCase() })).created).toBe(true);
    expect(await store.get(A.toUpperCase())).toBeUndefined();
  });

  it('makes one row of many who track at once', async () => {
    const answers = await Promise.all([store, other, store, other, store].map((each) => each.track(task)));
    expect(answers.filter(({ created }) => created)).toHaveLength(1);
    expect(answers.map((answer) => answer.task)).toEqual(Array(5).fill(TRACKED));
  });

  it('tracks anew when the row is forgotten between insert and look-up', async () => {
    const { task: row } = await store.track(task);
    const get = store.get.bind(store);
    jest.spyOn(store, 'get').mockImplementationOnce(async (taskId) => {
      await other.forget(row);
      return get(taskId);
    });
    expect(await store.track(task)).toEqual({ task: TRACKED, created: true });
  });

  it('changes a row and counts the change', async () => {
    await store.track(task);
    const changes = {
      runId: 1,
      buildRequestId: 12,
      buildId: 34,
      processedDate: 1400000010,
      takenUntil: 1400001200.7,
      missingSince: 1400000020,
    };
    const changed = await store.change(TRACKED, changes);
    expect(changed).toEqual({ ...TRACKED, ...changes, takenUntil: 1400001200, rev: 1 });
    expect(await store.get(A)).toEqual(changed);

    const nothing = { buildId: null, takenUntil: null, missingSince: null };
    expect(await store.change(changed!, nothing)).toEqual({ ...changed, ...nothing, rev: 2 });
    expect(await other.get(A)).toEqual({ ...changed, ...nothing, rev: 2 });
  });

  it('counts a change to the same values, and one of nothing', async () => {
    await store.track(task);
    const changed = await store.change(TRACKED, { runId: 0, takenUntil: undefined });
    expect(changed).toEqual({ ...TRACKED, rev: 1 });
    expect(await store.change(changed!, {})).toEqual({ ...TRACKED, rev: 2 });
  });

  it('lets exactly one of several change the same revision', async () => {
    await store.track(task);
    for (let rev = 0, row = TRACKED; rev < 10; rev++) {
      const answers = await Promise.all(
        [store, other, store, other].map((each, n) => each.change(row, { takenUntil: 100 * rev + n })),
      );
      const winners = answers.filter((answer) => answer !== undefined);
      expect(winners).toHaveLength(1);
      expect(await store.get(A)).toEqual(winners[0]);
      row = winners[0]!;
    }
  });

  it('changes and forgets nothing at an old revision', async () => {
    await store.track(task);
    await store.change(TRACKED, { buildId: 1 });
    expect(await other.change(TRACKED, { buildId: 2 })).toBeUndefined();
    expect(await other.forget(TRACKED)).toBe(false);
    expect(await store.get(A)).toEqual({ ...TRACKED, buildId: 1, rev: 1 });
  });

  it('forgets once', async () => {
    await store.track(task);
    const answers = await Promise.all([store.forget(TRACKED), other.forget(TRACKED)]);
    expect(answers.sort()).toEqual([false, true]);
    expect(await store.change(TRACKED, { buildId: 2 })).toBeUndefined();
    expect(await store.get(A)).toBeUndefined();
  });

  it('does not take a row for the one before it that was forgotten', async () => {
    await store.track(task);
    await store.forget(TRACKED);
    await store.track({ ...task, runId: 1 });
    expect(await store.change(TRACKED, { buildRequestId: 5 })).toBeUndefined();
    expect(await store.forget(TRACKED)).toBe(false);
  });

  it('finds many by request and by task, each once', async () => {
    await fill(current.dbs[0], 1200, () => null);
    const requests = Array.from({ length: 1300 }, (_, n) => n);
    const byRequest = await store.findByBuildRequestIds([...requests, 5, 5]);
    expect(byRequest.map((row) => row.buildRequestId).sort((a, b) => a! - b!)).toEqual(
      requests.slice(0, 1200),
    );
    const byTask = await store.findByTaskIds([...requests.map(createTaskId), createTaskId(5), 'unknown']);
    expect(byTask.map((row) => row.taskId).sort()).toEqual(requests.slice(0, 1200).map(createTaskId));
    expect(await store.findByBuildRequestIds([])).toEqual([]);
    expect(await store.findByTaskIds([])).toEqual([]);
  });

  describe('what comes up at the same time', () => {
    const many = Array.from({ length: 60 }, (_, n) => n);
    let trips: number;
    let counted: TaskStoreSql;

    beforeEach(async () => {
      trips = 0;
      const telemetry: Telemetry = {
        count: (metric) => void (metric === 'sql_round_trips_total' && trips++),
        observe: () => undefined,
        set: () => undefined,
      };
      const db = new BridgeDb(
        { url: current.database.url, poolSize: 3, connectTimeout: 5 },
        undefined,
        telemetry,
      );
      await db.open();
      current.dbs.push(db);
      counted = new TaskStoreSql(db);
    });

    const runInOneTrip = async <T>(work: () => Promise<T>): Promise<T> => {
      trips = 0;
      const result = await work();
      // Writes to a SQLite file are no round trips.
      expect(trips).toBeLessThanOrEqual(1);
      return result;
    };
    const tracked = () =>
      runInOneTrip(() => Promise.all(many.map((n) => counted.track({ ...task, taskId: createTaskId(n) }))));

    it('is tracked, read, changed and forgotten together', async () => {
      const rows = (await tracked()).map((answer) => answer.task);
      const changed = await runInOneTrip(() =>
        Promise.all(rows.map((row, n) => counted.change(row, { buildRequestId: n, processedDate: n }))),
      );
      expect(changed).toEqual(
        rows.map((row, n) => ({ ...row, buildRequestId: n, processedDate: n, rev: 1 })),
      );
      expect(await runInOneTrip(() => Promise.all(many.map((n) => counted.get(createTaskId(n)))))).toEqual(
        changed,
      );
      expect(
        await runInOneTrip(() => Promise.all(many.map((n) => counted.findByBuildRequestIds([n])))),
      ).toEqual(changed.map((row) => [row]));
      const reclaimed = await runInOneTrip(() =>
        Promise.all(changed.map((row, n) => counted.change(row!, { takenUntil: n % 2 ? n : null }))),
      );
      expect(reclaimed.map((row) => row?.takenUntil)).toEqual(many.map((n) => (n % 2 ? n : null)));
      expect(await runInOneTrip(() => Promise.all(reclaimed.map((row) => counted.forget(row!))))).toEqual(
        many.map(() => true),
      );
      expect(await store.findByTaskIds(many.map(createTaskId))).toEqual([]);
    });

    it('is told apart where some rows have moved on', async () => {
      const rows = (await tracked()).map((answer) => answer.task);
      await other.change(rows[1]!, { buildId: 1 });
      await other.forget(rows[2]!);
      const changed = await Promise.all(rows.map((row) => counted.change(row, { buildId: 9 })));
      expect(changed.map((row) => row?.buildId)).toEqual(
        many.map((n) => (n === 1 || n === 2 ? undefined : 9)),
      );
      const forgotten = await Promise.all(rows.map((row, n) => counted.forget(changed[n] ?? row)));
      expect(forgotten).toEqual(many.map((n) => n !== 1 && n !== 2));
      expect(await store.findByTaskIds(many.map(createTaskId))).toMatchObject([{ buildId: 1, rev: 1 }]);
    });

    it('is tracked one by one where some are tracked already', async () => {
      await other.track({ ...task, taskId: createTaskId(7) });
      const answers = await Promise.all(many.map((n) => counted.track({ ...task, taskId: createTaskId(n) })));
      expect(answers.map(({ created }) => created)).toEqual(many.map((n) => n !== 7));
    });

    it('is changed once for each task, in several ways at a time', async () => {
      const [first, second] = (await tracked()).map((answer) => answer.task);
      const answers = await Promise.all([
        counted.change(first!, { buildId: 1 }),
        counted.change(first!, { buildId: 2 }),
        counted.change(second!, { buildId: 3, missingSince: 4 }),
      ]);
      expect(answers.map((row) => row?.buildId)).toEqual([1, undefined, 3]);
      expect(await store.get(first!.taskId)).toMatchObject({ buildId: 1, rev: 1 });
      expect(await store.get(second!.taskId)).toMatchObject({ buildId: 3, missingSince: 4, rev: 1 });
    });
  });

  it('walks in the order of urgency', async () => {
    const takenUntil = [null, 300, 100, null, 200, 100];
    await fill(current.dbs[0], takenUntil.length, (n) => takenUntil[n]!);
    const seen: TrackedTask[] = [];
    for (let after: string | undefined, first = true; first || after; first = false) {
      const page = await store.readPage(4, after);
      expect(page.tasks.length).toBeLessThanOrEqual(4);
      seen.push(...page.tasks);
      after = page.next;
    }
    expect(seen.map((row) => row.buildRequestId)).toEqual([2, 5, 4, 1, 0, 3]);
    expect(seen.map((row) => row.takenUntil)).toEqual([100, 100, 200, 300, null, null]);
  });

  it('counts the tracked tasks, and tells which claim ends first', async () => {
    expect(await store.readStatistics()).toEqual({ claimed: 0, unclaimed: 0, leastTakenUntil: null });
    await fill(current.dbs[0], 5, (n) => (n < 2 ? null : 1000 * n));
    expect(await store.readStatistics()).toEqual({ claimed: 3, unclaimed: 2, leastTakenUntil: 2000 });
  });

  it('walks over nothing, and over exactly one page', async () => {
    expect(await store.readPage(3)).toEqual({ tasks: [] });
    await fill(current.dbs[0], 3, () => null);
    const page = await store.readPage(3);
    expect(page.tasks).toHaveLength(3);
    expect(page.next).toBeUndefined();
  });

  it('walks over 1000 rows without loss while rows change, come and go, and to those twice that changed', async () => {
    await fill(current.dbs[0], 1000, (n) => (n % 3 === 0 ? null : 1000 + ((n * 7919) % 1000)));
    const seen = new Map<string, number>();
    const changed = new Set<string>();
    let after: string | undefined;
    let pages = 0;
    do {
      const page: { tasks: TrackedTask[]; next?: string } = await store.readPage(80, after);
      expect(page.tasks.length).toBeLessThanOrEqual(80);
      for (const { taskId } of page.tasks) seen.set(taskId, (seen.get(taskId) ?? 0) + 1);
      // Seen rows move behind, before and out of the order of claims; a new row and a forgotten one do no harm.
      const [ahead, behind, unclaimed, gone] = page.tasks;
      await Promise.all([
        other.change(ahead!, { takenUntil: (ahead!.takenUntil ?? 1000) + 700 }),
        other.change(behind!, { takenUntil: 1 }),
        other.change(unclaimed!, { takenUntil: null }),
      ]);
      for (const row of [ahead, behind, unclaimed]) changed.add(row!.taskId);
      await other.forget(gone!);
      await other.track({ ...task, taskId: `new-${pages++}` });
      after = page.next;
    } while (after);
    expect([...seen.keys()].sort()).toEqual(Array.from({ length: 1000 }, (_, n) => createTaskId(n)));
    const twice = [...seen].flatMap(([taskId, times]) => (times > 1 ? taskId : []));
    expect(twice.filter((taskId) => !changed.has(taskId))).toEqual([]);
  });

  it('walks over many claims that end in the same second', async () => {
    await fill(current.dbs[0], 25, () => 1000);
    const seen: (number | null)[] = [];
    let after: string | undefined;
    do {
      const page: { tasks: TrackedTask[]; next?: string } = await store.readPage(10, after);
      seen.push(...page.tasks.map((row) => row.buildRequestId));
      after = page.next;
    } while (after);
    expect(seen).toEqual(Array.from({ length: 25 }, (_, n) => n));
  });

  it('does not walk to what was reclaimed or tracked after its first page', async () => {
    await fill(current.dbs[0], 6, (n) => (n === 5 ? null : 1000 + n));
    const { tasks, next } = await store.readPage(2);
    await other.change(tasks[0]!, { takenUntil: 3000 });
    await other.track({ ...task, buildRequestId: 99 });
    const rest = await store.readPage(10, next);
    expect(rest.tasks.map((row) => row.buildRequestId)).toEqual([2, 3, 4, 5]);
    expect(rest.next).toBeUndefined();
  });

  it('walks over parts that are disjoint and complete, wherever they begin', async () => {
    const takenUntil = [1000, 1000, 1000, 1000, 1500, 2000, null, null, null, null];
    await fill(current.dbs[0], takenUntil.length, (n) => takenUntil[n]!);
    for (const size of [1, 2, 3, 4, 7, 20]) {
      const first = await store.readPage(1);
      const parts: (number | null)[][] = [first.tasks.map((row) => row.buildRequestId)];
      for (let begin = first.next; begin !== undefined;) {
        const end: string | undefined = await store.skip(begin, size);
        const part: (number | null)[] = [];
        for (let after: string | undefined = begin; after !== undefined;) {
          const page: { tasks: TrackedTask[]; next?: string } = await other.readPage(2, after, end);
          part.push(...page.tasks.map((row) => row.buildRequestId));
          after = page.next;
        }
        expect(part.length).toBeLessThanOrEqual(size);
        parts.push(part);
        begin = end;
      }
      expect(parts.flat()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }
  });

  it('lists the build requests of rows in their order, a page at a time', async () => {
    await fill(current.dbs[0], 5, () => null);
    await other.track(task);
    expect(await store.listBuildRequestIds(-1, 3)).toEqual([0, 1, 2]);
    expect(await store.listBuildRequestIds(2, 3)).toEqual([3, 4]);
  });

  it('leaves out of a walk what is forgotten before its page', async () => {
    await fill(current.dbs[0], 4, (n) => n);
    const { tasks, next } = await store.readPage(2);
    for (const row of await store.findByBuildRequestIds([2, 3])) await other.forget(row);
    expect(tasks.map((row) => row.buildRequestId)).toEqual([0, 1]);
    expect(await store.readPage(2, next)).toEqual({ tasks: [] });
  });

  it.each([
    '',
    'x',
    '1',
    'null',
    '{}',
    '["other",null,null]',
    '["claimed",[1],null]',
    '["claimed",[1,"2"],null]',
  ])('refuses the cursor %j', async (cursor) => {
    await expect(store.readPage(10, cursor)).rejects.toThrow(Invalid);
  });

  it('throws Unavailable once the database is closed', async () => {
    await current.dbs[0].close();
    await expect(store.get(A)).rejects.toThrow(Unavailable);
    await expect(store.track(task)).rejects.toThrow(Unavailable);
    await expect(store.readPage(1)).rejects.toThrow(Unavailable);
  });
});

function createTaskId(n: number): string {
  return `task-${String(n).padStart(5, '0')}`;
}

/** Rows n = 0, 1, ... with n as their request; many at once, because one by one takes long. */
async function fill(db: BridgeDb, count: number, takenUntil: (n: number) => number | null): Promise<void> {
  for (let start = 0; start < count; start += 1000) {
    const rows = Array.from({ length: Math.min(1000, count - start) }, (_, i) => {
      const n = start + i;
      return `(${n}, '${createTaskId(n)}', 0, ${takenUntil(n) ?? 'NULL'}, 0)`;
    });
    await db.run((source) => {
      const names = ['buildrequestId', 'taskId', 'runId', 'takenUntil', 'rev'];
      const columns = names.map((name) => source.driver.escape(name)).join();
      return source.query(`INSERT INTO tasks (${columns}) VALUES ${rows.join()}`);
    });
  }
}
