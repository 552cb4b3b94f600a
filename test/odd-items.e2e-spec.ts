import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Tables } from '../libs/modern-buildbot/src/testing/tables.js';
import { BuildbotMasters } from '../libs/modern-buildbot/src/index.js';
import { toMarkedPage } from '../libs/scheduler-db/src/requests/marked-requests.js';
import { toSnapshots } from '../libs/scheduler-db/src/requests/snapshots.js';
import { readListItem, readReply } from '../libs/taskcluster/src/replies.js';
import { expectOthersUnharmed } from './support/odd-items.js';

const SCHEMA = { version: 24, claims: 'table', sourcestamps: 'set', codebase: true } as const;

const TASK_IDS = ['a', 'b', 'c', 'd'];
const REQUEST_IDS = [1, 2, 3, 4];

const STATUS = {
  taskQueueId: 'p/w',
  state: 'pending',
  deadline: '2026-01-01T00:00:00Z',
  expires: '2027-01-01T00:00:00Z',
  retriesLeft: 5,
};
const RUN = { runId: 0, state: 'pending', reasonCreated: 'scheduled', scheduled: '2025-12-31T00:00:00Z' };
const TASK = {
  taskQueueId: 'p/w',
  priority: 'low',
  created: '2025-12-31T00:00:00Z',
  deadline: '2026-01-01T00:00:00Z',
  scopes: ['a'],
  payload: { buildername: 'b' },
};

const legacyRow = (id: number) => ({
  id,
  buildername: `builder ${id}`,
  complete: 0,
  results: -1,
  complete_at: null,
  claimed_at: '1494586100',
  submitted_at: 1494586000,
  reason: `Created by BBB for task ${id}`,
  external_id: `taskId:${id}`,
  run_property: 'createdForRunId',
  run: '[0, "bbb"]',
  build_id: id,
  build_number: 7,
  finish_time: null,
});

describe('one odd item does not affect the others', () => {
  beforeAll(() => Logger.overrideLogger(false));
  afterAll(() => Logger.overrideLogger(true));

  const byTaskId = (items: readonly { taskId: string; value: unknown }[]) =>
    new Map(items.map(({ taskId, value }) => [taskId, value]));

  it('among statuses', () =>
    expectOthersUnharmed({
      ids: TASK_IDS,
      itemOf: (taskId) => ({ taskId, status: { ...STATUS, taskId, runs: [RUN] } }),
      read: (statuses) => byTaskId(readReply.statuses('statuses', { statuses }).items),
    }));

  it('among definitions', () =>
    expectOthersUnharmed({
      ids: TASK_IDS,
      itemOf: (taskId) => ({ taskId, task: TASK }),
      read: (tasks) => byTaskId(readReply.definitions('tasks', { tasks }).items),
    }));

  it('among the entries of a list', () =>
    expectOthersUnharmed({
      ids: TASK_IDS,
      itemOf: (taskId) => ({ taskId, runId: 0, task: TASK }),
      read: (tasks) => {
        const { tasks: entries } = readReply.list('listPendingTasks', { tasks });
        return byTaskId(
          entries.flatMap((entry) => {
            const value = readListItem(entry);
            return value ? [{ taskId: value.taskId, value }] : [];
          }),
        );
      },
    }));

  it('among the requests of a scheduler database', () =>
    expectOthersUnharmed({
      ids: REQUEST_IDS,
      itemOf: legacyRow,
      kept: ['id'],
      read: (rows) => toSnapshots(rows as Record<string, unknown>[], SCHEMA),
    }));

  it('among the open requests of a scheduler database', () =>
    expectOthersUnharmed({
      ids: REQUEST_IDS,
      itemOf: legacyRow,
      kept: ['id'],
      read: (rows) =>
        new Map(
          toMarkedPage(rows as Record<string, unknown>[]).marked.map((each) => [each.buildRequestId, each]),
        ),
    }));

  describe('among the rows of a Buildbot master', () => {
    let tables: Tables;
    let masters: BuildbotMasters;

    beforeAll(async () => {
      tables = await Tables.start();
      masters = new BuildbotMasters({
        url: tables.master.url,
        user: 'bridge',
        password: 'p',
        timeout: 5,
        maxConnections: 4,
        scheduler: 'bridge',
        masters: {},
      });
      for (const id of REQUEST_IDS) {
        tables.request(id);
        tables.build(10 + id, id);
      }
    });
    afterAll(async () => {
      masters.onApplicationShutdown();
      await tables.master.close();
    });

    it.each(['buildrequests', 'builds', 'buildsets'] as const)('%s: snapshots', async (name) => {
      const rows = [...tables.rows[name]];
      await expectOthersUnharmed(
        {
          ids: REQUEST_IDS,
          itemOf: (id) => rows[REQUEST_IDS.indexOf(id)]!,
          // The master finds its rows by these.
          kept:
            name === 'buildrequests'
              ? ['buildrequestid', 'submitted_at', 'buildsetid']
              : ['buildrequestid', 'bsid'],
          read: async (items) => {
            tables.rows[name] = items as Record<string, unknown>[];
            // Sets are remembered by the time of their request: each reading is of new ones.
            for (const row of tables.rows.buildrequests) row.submitted_at = Number(row.submitted_at) + 1;
            return masters.readSnapshots(REQUEST_IDS);
          },
        },
        40,
      );
      tables.rows[name] = rows;
    });

    it.each(['buildrequests', 'buildsets'] as const)('%s: open requests', async (name) => {
      const rows = [...tables.rows[name]];
      await expectOthersUnharmed(
        {
          ids: REQUEST_IDS,
          itemOf: (id) => rows[REQUEST_IDS.indexOf(id)]!,
          kept:
            name === 'buildrequests'
              ? ['buildrequestid', 'submitted_at', 'complete', 'buildsetid']
              : ['bsid'],
          read: async (items) => {
            tables.rows[name] = items as Record<string, unknown>[];
            for (const row of tables.rows.buildrequests) row.submitted_at = Number(row.submitted_at) + 1;
            const open = await masters.listMarkedOpenRequests(0, 100);
            return new Map(open.map(({ buildRequestId, taskId }) => [buildRequestId, taskId]));
          },
        },
        40,
      );
      tables.rows[name] = rows;
    });

    it('with the error of the odd one in its place, so that it does not look missing', async () => {
      tables.rows.buildrequests[1]!.claimed = 'perhaps';
      const snapshots = await masters.readSnapshots(REQUEST_IDS);
      expect(snapshots.get(2)).toBeInstanceOf(Error);
      expect([...snapshots].filter(([, each]) => each instanceof Error)).toHaveLength(1);
      tables.rows.buildrequests[1]!.claimed = false;
    });

    it('unless too many are odd to trust the others', async () => {
      const rows = [...tables.rows.builds];
      for (let id = 5; id <= 10; id++) tables.request(id);
      tables.rows.builds = [];
      for (let id = 1; id <= 10; id++) tables.build(10 + id, id, { complete: 'no' });
      const all = Array.from({ length: 10 }, (_, index) => index + 1);
      await expect(masters.readSnapshots(all)).rejects.toMatchObject({ name: 'Unavailable' });
      tables.rows.builds = rows;
    });
  });
});
