import { beforeEach, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { type Decision, type Instance, Unavailable } from '@bbb/rules';
import { eventually } from '../../../../test/support/eventually.js';
import type { BridgeDb } from '../bridge-db.js';
import type { Database } from '../database.js';
import { describeStores } from '../testing/describe-stores.js';
import { InstanceStoreSql } from './instance-store-sql.js';
import { JournalTable } from './journal-table.js';
import { JournalWriter } from './journal-writer.js';
import { PauseStoreSql } from './pause-store-sql.js';

Logger.overrideLogger(false);

const AUTHOR = { service: 'reflector', instance: 'host:1' };

function decision(taskId: string, at: number, changes: Partial<Decision> = {}): Decision {
  const cause = { verdict: 'claim', cause: 'why', run: 'pending', request: 'building' } as const;
  return {
    ...{ at, taskId, runId: 0, buildRequestId: 7, event: 'task claimed', cause },
    ...{ details: { buildId: 3 }, duration: 0.25, ...changes },
  };
}

describeStores('what operators read and order, on %s', (_kind, current) => {
  let db: BridgeDb;
  beforeEach(() => {
    [db] = current.dbs;
  });

  /** Counts statements, and fails while it is told to. */
  function watch(): { statements: number; failure?: Error; db: Database } {
    const watched: { statements: number; failure?: Error; db: Database } = {
      statements: 0,
      db: {
        run: async (work) => {
          watched.statements++;
          if (watched.failure) throw watched.failure;
          return db.run(work);
        },
      },
    };
    return watched;
  }

  it('the journal keeps what was decided, newest first, by page', async () => {
    const writer = new JournalWriter(db, AUTHOR);
    for (let at = 1; at <= 5; at++) writer.note(decision('A', at));
    writer.note(decision('B', 6, { runId: null, details: { reasons: ['x\u0000y', '😀'] } }));
    await writer.flush();
    const table = new JournalTable(db);
    const first = await table.page({ taskId: 'A' }, 3);
    const rest = await table.page({ taskId: 'A' }, 3, first.before);
    expect([...first.entries, ...rest.entries].map(({ at }) => at)).toEqual([5, 4, 3, 2, 1]);
    expect(rest.before).toBeUndefined();
    expect((await table.page({}, 1)).entries).toEqual([
      {
        ...{
          id: expect.any(Number),
          at: 6,
          taskId: 'B',
          runId: null,
          buildRequestId: 7,
          event: 'task claimed',
        },
        ...{ verdict: 'claim', cause: 'why', run: 'pending', request: 'building', duration: 0.25, ...AUTHOR },
        details: { reasons: ['x\u0000y', '😀'] },
      },
    ]);
  });

  it('the journal is written many entries at once, and by itself', async () => {
    const watched = watch();
    const writer = new JournalWriter(watched.db, AUTHOR);
    for (let at = 0; at < 300; at++) writer.note(decision('A', at));
    await writer.flush();
    expect(watched.statements).toBe(2);
    writer.note(decision('C', 1));
    await eventually(async () =>
      expect((await new JournalTable(db).page({ taskId: 'C' }, 1)).entries).toHaveLength(1),
    );
  });

  it('the journal waits for an unavailable database, and gives up what it refuses', async () => {
    const watched = watch();
    const writer = new JournalWriter(watched.db, AUTHOR);
    writer.note(decision('A', 1));
    watched.failure = new Unavailable('bridge-db', 'away');
    await writer.flush();
    watched.failure = undefined;
    await writer.flush();
    expect((await new JournalTable(db).page({}, 9)).entries).toHaveLength(1);
    writer.note(decision('A', 2));
    watched.failure = new Error('INSERT command denied');
    await writer.flush();
    watched.failure = undefined;
    await writer.flush();
    expect((await new JournalTable(db).page({}, 9)).entries).toHaveLength(1);
  });

  it('the journal is bounded by days and rows, in small statements', async () => {
    const writer = new JournalWriter(db, AUTHOR);
    for (let at = 0; at < 2500; at++) writer.note(decision('A', at));
    await writer.flush();
    const table = new JournalTable(db);
    const countLeft = async () => (await table.page({}, 5000)).entries.map(({ at }) => at);
    expect(await table.trim({ since: 100, rows: 5000 })).toBe(100);
    expect((await countLeft()).at(-1)).toBe(100);
    const watched = watch();
    expect(await new JournalTable(watched.db).trim({ since: 0, rows: 200 })).toBe(2200);
    expect(watched.statements).toBe(2 + 3);
    expect(await countLeft()).toHaveLength(200);
    expect(await table.trim({ since: 0, rows: 200 })).toBe(0);
    expect(await table.trim({ since: 9999, rows: 200 })).toBe(200);
    expect(await table.trim({ since: 9999, rows: 200 })).toBe(0);
  });

  it.each([
    ['behind', 1000],
    ['ahead', 9_000_000],
  ])('an entry of a host whose clock is far %s is deleted for its own age only', async (_what, wrong) => {
    const now = 5_000_000;
    const writer = new JournalWriter(db, AUTHOR);
    for (const at of [now - 300, wrong, now - 200, now - 100]) writer.note(decision('A', at));
    // Behind more entries than are deleted together.
    for (let n = 0; n < 1100; n++) writer.note(decision('B', now - 300));
    await writer.flush();
    const table = new JournalTable(db);
    const kept = [now - 100, now - 200, ...(wrong < now ? [] : [wrong])];
    expect(await table.trim({ since: now - 250, rows: 5000 })).toBe(1104 - kept.length);
    expect((await table.page({}, 5000)).entries.map(({ at }) => at)).toEqual(kept);
  });

  it('instances report themselves, and leave the list', async () => {
    const store = new InstanceStoreSql(db);
    const instance: Instance = {
      ...{
        id: 'one',
        service: 'reflector',
        host: 'h',
        pid: 7,
        version: '3.0.0',
        startedAt: 10.5,
        seenAt: 20.25,
      },
      ...{ lastPassAt: null, lastMessageAt: null, problems: [] },
    };
    await store.report(instance);
    await store.report({ ...instance, id: 'two', service: 'bb-listener', seenAt: 5 });
    const later = { ...instance, seenAt: 50, lastPassAt: 49.5, problems: ['pulse: away'] };
    await store.report(later);
    expect(await store.list()).toEqual([expect.objectContaining({ id: 'two', seenAt: 5 }), later]);
    await store.removeSilentSince(20);
    expect(await store.list()).toEqual([later]);
    await store.remove('one');
    expect(await store.list()).toEqual([]);
  });

  it('builders are paused once for each pattern, told apart exactly', async () => {
    const store = new PauseStoreSql(db);
    const pause = { builders: '^Linux', reason: 'a', since: 1.5, by: 'root@db' };
    await store.add(pause);
    await store.add({ ...pause, builders: '^linux', since: 2 });
    await store.add({ ...pause, reason: 'b', since: 3 });
    expect(await store.list()).toEqual([
      { ...pause, builders: '^linux', since: 2 },
      { ...pause, reason: 'b', since: 3 },
    ]);
    expect((await store.remove('^linux')).map(({ builders }) => builders)).toEqual(['^linux']);
    expect(await store.remove('^linux')).toEqual([]);
    expect(await store.remove()).toHaveLength(1);
    expect(await store.list()).toEqual([]);
  });
});
