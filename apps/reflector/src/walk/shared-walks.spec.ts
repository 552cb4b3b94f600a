import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { type BridgeDb, TaskStoreSql, WalkStoreSql } from '@bbb/bridge-db';
import type { Configuration } from '@bbb/configuration';
import type { Given, Reconciler } from '@bbb/reconciler';
import type { Buildbot, RequestSnapshot, TaskQueue, TaskStatus } from '@bbb/rules';
import { openMigrated } from '../../../../libs/bridge-db/src/testing/open-migrated.js';
import { createDatabase, type TestDatabase } from '../../../../test/support/databases.js';
import { ManualClock } from '../../../../test/support/doubles/manual-clock.js';
import { MemoryPassStore } from '../../../../test/support/doubles/memory-pass-store.js';
import { AbsenceBrake } from '../absence-brake.service.js';
import { OverdueRequests } from '../overdue-requests.js';
import { TrackedTasksStep } from '../tracked-tasks-step.service.js';
import { VerdictCounts } from '../verdict-counts.js';
import { SharedWalks } from './shared-walks.service.js';

Logger.overrideLogger(false);

const ROWS = 100;
const PASS = { begun: 1000, interval: 60 };
const TASKS = Array.from({ length: ROWS }, (_, n) => `task-${n}`).sort();

const configuration = {
  taskcluster: { maxConnections: 1 },
  reflector: { batch: 2, missingLimit: 10 },
} as Configuration;

describe('a pass that reflectors share', () => {
  let database: TestDatabase;
  let clock: ManualClock;
  let passes: MemoryPassStore;
  let missing: Set<string>;
  const dbs: BridgeDb[] = [];

  beforeEach(async () => {
    database = await createDatabase('sqlite');
    clock = new ManualClock(1000);
    passes = new MemoryPassStore();
    missing = new Set();
    const db = await openMigrated(database.url);
    dbs.push(db);
    const rows = Array.from(
      { length: ROWS },
      (_, n) => `(${n}, 'task-${n}', 0, ${n % 3 ? 2000 + n : 'NULL'}, 0)`,
    );
    await db.run((source) =>
      source.query(
        `INSERT INTO tasks ("buildrequestId", "taskId", "runId", "takenUntil", "rev") VALUES ${rows.join()}`,
      ),
    );
  });

  afterEach(async () => {
    await Promise.all(dbs.splice(0).map((db) => db.close()));
    await database.drop();
  });

  /** A reflector with connections of its own. */
  async function start(
    onTask: (taskId: string) => void = () => undefined,
    onBuildbot: () => void = () => undefined,
  ) {
    const db = await openMigrated(database.url);
    dbs.push(db);
    const done: string[] = [];
    const doubted = new Map<string, boolean | undefined>();
    const offers = new WalkStoreSql(db);
    const read = offers.read.bind(offers);
    // Others may take what was read, however quick a database answers.
    let reads = dbs.length;
    offers.read = async () => {
      const offered = await read();
      for (let turns = reads++ % 4; turns > 0; turns--) await turn();
      return offered;
    };
    const walks = new SharedWalks(new TaskStoreSql(db), offers, clock, configuration);
    walks.sharing = { offeredAfter: 0, pages: 2, looks: 100, betweenLooks: 1 };
    const queue = {
      readStatuses: async (ids: readonly string[]) => {
        await turn();
        ids.forEach(onTask);
        const known = ids.filter((id) => !missing.has(id));
        return new Map(known.map((id) => [id, { runs: [] } as unknown as TaskStatus]));
      },
    } as Partial<TaskQueue> as TaskQueue;
    const buildbot = {
      readSnapshots: async (ids: readonly number[]) => {
        onBuildbot();
        return new Map(
          ids.map((id) => [id, { key: { taskId: `task-${id}`, createdForRunId: 0 } } as RequestSnapshot]),
        );
      },
    } as Partial<Buildbot> as Buildbot;
    const reconciler = {
      isStopping: false,
      selectUnsettled: (batch: readonly Given[]) => [...batch],
      reconcile: async (taskId: string, { absenceDoubted }: Given) => {
        done.push(taskId);
        doubted.set(taskId, absenceDoubted);
        return 'wait';
      },
    } as Partial<Reconciler> as Reconciler;
    const brake = new AbsenceBrake(passes, clock, configuration);
    const step = new TrackedTasksStep(queue, buildbot, walks, reconciler, brake, clock, configuration);
    return {
      done,
      doubted,
      pass: (pass = PASS) => step.run(pass),
      help: async () => {
        const pass = await walks.findOffered(PASS.interval);
        if (pass !== undefined) await step.help(pass, new VerdictCounts(), new OverdueRequests(1000, 600));
        return pass !== undefined;
      },
    };
  }

  /** Helps until a pass is over, as a reflector does that looks for offers. */
  async function helpUntil(pass: Promise<void>, help: () => Promise<boolean>): Promise<void> {
    let isOver = false;
    void pass.finally(() => (isOver = true)).catch(() => undefined);
    while (!isOver) {
      await help();
      await turn();
    }
  }

  it.each([1, 2, 3, 4, 5, 6, 7])(
    'is made of parts that are disjoint and complete: %d reflectors',
    async (count) => {
      const [first, ...others] = await Promise.all(Array.from({ length: count }, () => start()));
      const pass = first!.pass();
      await Promise.all([pass, ...others.map(({ help }) => helpUntil(pass, help))]);
      const done = [first!, ...others].flatMap((reflector) => reflector.done);
      expect(done.toSorted()).toEqual(TASKS);
      expect(others.some((other) => other.done.length > 0)).toBe(count > 1);
      expect(passes.state).toMatchObject({ seen: ROWS, missing: 0 });
    },
  );

  it('is completed by the others when the reflector dies that made it', async () => {
    const other = await start();
    const first = await start((taskId) => {
      if (taskId === 'task-50') throw new Error('dead');
    });
    await expect(first.pass()).rejects.toThrow('dead');
    expect(await other.help()).toBe(true);
    const lost = TASKS.filter((taskId) => ![...first.done, ...other.done].includes(taskId));
    // The pages that were read and not begun, at most.
    expect(lost).toContain('task-50');
    expect(lost.length).toBeLessThanOrEqual(2 * (4 + 2));
    expect(first.done.filter((taskId) => other.done.includes(taskId))).toEqual([]);
  });

  it('leaves the part of a reflector that fails to the next pass, and believes no absence', async () => {
    missing.add('task-99');
    const first = await start();
    let failed = 0;
    const sick = await start(() => {
      failed++;
      throw new Error('unreachable');
    });
    const help = () => (failed === 0 ? sick.help().catch(() => true) : Promise.resolve(false));
    const pass = first.pass();
    await Promise.all([pass, helpUntil(pass, help)]);
    const lost = TASKS.filter((taskId) => !first.done.includes(taskId));
    expect(lost.length).toBeGreaterThan(0);
    expect(lost.length).toBeLessThanOrEqual(2 * 2 * 2);
    expect(passes.state.seen).toBe(0);
    if (first.doubted.has('task-99')) expect(first.doubted.get('task-99')).toBe(true);
    clock.advance(60);
    first.done.length = 0;
    await first.pass({ ...PASS, begun: 1060 });
    expect(first.done.toSorted()).toEqual(TASKS);
    expect(passes.state).toMatchObject({ seen: ROWS, missing: 1 });
    expect(first.doubted.get('task-99')).toBe(false);
  });

  it('gives no more parts to a helper that has lost Buildbot, which only reclaims in those that it has', async () => {
    const lose = () => {
      throw new Error('unreachable');
    };
    const [sick, well] = await Promise.all([start(undefined, lose), start()]);
    const first = await start((taskId) => {
      if (taskId === 'task-50') throw new Error('dead');
    });
    await expect(first.pass()).rejects.toThrow('dead');
    await expect(sick.help()).rejects.toThrow('unreachable');
    // The part in which it noticed, and one that it may have taken meanwhile.
    const parts = [2 * 2, 2 * 2 * 2];
    expect(parts).toContain(sick.done.length);
    expect(await well.help()).toBe(true);
    expect(well.done.length).toBeGreaterThan(0);
    expect(well.done.filter((taskId) => sick.done.includes(taskId))).toEqual([]);
  });

  it('is walked to its end by the reflector that made it, also without Buildbot', async () => {
    const first = await start(undefined, () => {
      throw new Error('unreachable');
    });
    await expect(first.pass()).rejects.toThrow('unreachable');
    expect(first.done.toSorted()).toEqual(TASKS);
  });

  it('takes in a reflector that comes in its midst, and misses nothing', async () => {
    let begin: () => void = () => undefined;
    const middle = new Promise<void>((resolve) => (begin = resolve));
    const seen = new Set<string>();
    const first = await start((taskId) => {
      if (seen.add(taskId).size === ROWS / 2) begin();
    });
    const late = await start();
    const pass = first.pass();
    await middle;
    await Promise.all([pass, helpUntil(pass, late.help)]);
    expect(late.done.length).toBeGreaterThan(0);
    expect([...first.done, ...late.done].toSorted()).toEqual(TASKS);
  });

  it('begins with the claims that end first, whoever takes them', async () => {
    const [first, other] = await Promise.all([start(), start()]);
    const pass = first.pass();
    await Promise.all([pass, helpUntil(pass, other.help)]);
    const urgency = (taskId: string) => {
      const n = Number(taskId.slice('task-'.length));
      return n % 3 ? n : ROWS + n;
    };
    for (const { done } of [first, other]) {
      const order = done.map(urgency);
      expect(order).toEqual(order.toSorted((a, b) => a - b));
    }
  });

  it('is not offered while it is short, nor taken up when nobody has worked on it for an interval', async () => {
    const [first, other] = await Promise.all([start(), start()]);
    await first.pass({ ...PASS, begun: 1001 });
    expect(first.done).toHaveLength(ROWS);
    const [db] = dbs;
    await new WalkStoreSql(db!).offer(1000, '["unclaimed",null,null]', 1000, 60);
    clock.advance(61);
    expect(await other.help()).toBe(false);
  });
});
