import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { expectOthersUnharmed } from '../../../test/support/odd-items.js';
import { BuildbotMasters } from './index.js';
import { Tables } from './testing/tables.js';

const REQUEST_IDS = [1, 2, 3, 4];

describe('one odd row of a master does not affect the others', () => {
  let tables: Tables;
  let masters: BuildbotMasters;

  beforeAll(async () => {
    Logger.overrideLogger(false);
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
    Logger.overrideLogger(true);
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
          name === 'buildrequests' ? ['buildrequestid', 'submitted_at', 'complete', 'buildsetid'] : ['bsid'],
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
