import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type BridgeDb, PassStoreSql, TaskList, TaskStoreSql } from '@bbb/bridge-db';
import { BuilderPolicy, type MarkedRequest, type RequestSnapshot, type TaskStatus } from '@bbb/rules';
import { openMigrated } from '../../bridge-db/src/testing/open-migrated.js';
import { NOW, request, STATES, status } from '../../rules/src/testing/observations.js';
import { createDatabase, type TestDatabase } from '../../../test/support/databases.js';
import { ManualClock } from '../../../test/support/doubles/manual-clock.js';
import { type PlannedTask, planPass } from './plan-pass.js';
import type { OperationSystems } from './systems.js';

/** What a pass finds: an open request of run 0, which no row knows, or a run. */
interface Found {
  orphan?: Partial<MarkedRequest>;
  request?: Partial<RequestSnapshot>;
  status?: Partial<TaskStatus>;
  listed?: 'pending' | 'claimed';
  buildername?: string;
  /** Too many tracked tasks are missing. */
  doubted?: boolean;
  /** The task is tracked after the rows were read. */
  trackedMeanwhile?: boolean;
}

let database: TestDatabase;
let db: BridgeDb;
beforeEach(async () => {
  database = await createDatabase('sqlite');
  db = await openMigrated(database.url);
});
afterEach(async () => {
  await db.close();
  await database.drop();
});

async function plan(found: Found): Promise<PlannedTask[]> {
  if (found.doubted)
    await new PassStoreSql(db).changeAbsence(() => ({
      ...{ seen: 100, missing: 90, doubtedSince: NOW, confirmedMissing: null },
    }));
  const list = async <Item>(items: Item[]) => {
    const tracking = { taskId: 'task', runId: 0, createdDate: null, buildRequestId: 7 };
    if (found.trackedMeanwhile) await new TaskStoreSql(db).track(tracking);
    return items;
  };
  const definition = { taskQueueId: 'p/w', scopes: [], payload: { buildername: found.buildername } };
  const run = { taskId: 'task', runId: 0, definition };
  const known = { ...status('pending'), ...found.status };
  const systems = {
    ...{ db, tasks: new TaskList(db), isMigrated: true, clock: new ManualClock(NOW) },
    ...{ taskQueueId: 'p/w', orphanGrace: 60 },
    policy: new BuilderPolicy({ restricted: [], ignored: ['Windows'] }),
    queue: {
      readClockOffset: () => undefined,
      async *listPending() {
        yield* await list(found.listed === 'pending' ? [run] : []);
      },
      async *listClaimed() {
        yield* await list(found.listed === 'claimed' ? [run] : []);
      },
      readStatus: async () => known,
      readStatuses: async () => new Map([['task', known]]),
    },
    buildbot: {
      listMarkedOpenRequests: () =>
        list(
          found.orphan
            ? [
                {
                  buildRequestId: 7,
                  taskId: 'task',
                  createdAt: NOW - 61,
                  createdForRunId: null,
                  ...found.orphan,
                },
              ]
            : [],
        ),
      readSnapshots: async () => new Map([[7, { ...request(STATES.waiting), ...found.request }]]),
    },
    reconciler: { explain: async () => ({ verdict: 'adopt', cause: { cause: 'no row' } }) },
  } as unknown as OperationSystems;
  const planned: PlannedTask[] = [];
  for await (const task of planPass(systems)) planned.push(task);
  return planned;
}

it.each<[string, Found, object[]]>([
  ['is tracked again', { orphan: {} }, [{ verdict: 'adopt', runId: 0, buildRequestId: 7 }]],
  [
    'belongs to a task of others and is left alone',
    { orphan: {}, status: { taskQueueId: 'x/y' } },
    [{ verdict: 'ignore', reason: expect.stringContaining('task queue') }],
  ],
  [
    'belongs to a builder of others and is left alone',
    { orphan: {}, request: { buildername: 'Windows' } },
    [{ verdict: 'ignore', reason: expect.stringContaining('ignored_builders') }],
  ],
  [
    'belongs to another task than its reason names and is left alone',
    { orphan: {}, request: { key: { taskId: 'other', createdForRunId: 0 } } },
    [{ verdict: 'ignore', reason: expect.stringContaining('not of this task') }],
  ],
  [
    'may still get its row',
    { orphan: { createdAt: NOW - 59 } },
    [{ verdict: 'wait', reason: expect.stringContaining('reflector.orphan_grace') }],
  ],
  [
    'is doubted',
    { orphan: {}, doubted: true },
    [{ verdict: 'wait', reason: expect.stringContaining('missing confirm') }],
  ],
  ['got its row meanwhile', { orphan: {}, trackedMeanwhile: true }, []],
])('an open request without a row, as a pass sees it: it %s', async (_what, found, expected) => {
  expect(await plan(found)).toEqual(
    expected.map((task): unknown => expect.objectContaining({ step: 'orphans', ...task })),
  );
});

it.each(['pending', 'claimed'] as const)('a %s run without a row, as a pass sees it', async (listed) => {
  expect(await plan({ listed, buildername: 'Linux' })).toMatchObject([{ step: listed, verdict: 'adopt' }]);
  expect(await plan({ listed, buildername: 'Windows' })).toMatchObject([
    { verdict: 'ignore', reason: expect.stringContaining('ignored_builders') },
  ]);
  expect(await plan({ listed, buildername: 'Linux', trackedMeanwhile: true })).toEqual([]);
});
