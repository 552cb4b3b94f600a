import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, expect, it } from '@jest/globals';
import { type KeptMessage, type ReceivedMessage, Unavailable } from '@bbb/rules';
import pg from 'pg';
import { createDatabase, isUsable } from '../../../../test/support/databases.js';
import { ManualClock } from '../../../../test/support/doubles/manual-clock.js';
import { describeEach } from '../../../../test/support/servers.js';
import { KeptMessages } from './kept-messages.js';
import { MessageStoreSql } from './message-store-sql.js';
import { describeStores } from '../testing/describe-stores.js';
import { openMigrated } from '../testing/open-migrated.js';

const NOW = 1_795_000_000.125;
const MESSAGE: ReceivedMessage = {
  subscription: 'task-pending',
  exchange: 'exchange/taskcluster-queue/v1/task-pending',
  routingKey: 'primary.fZ42HVdDQ-KFFycr9PxptA.0._._.buildbot-bridge.buildbot-bridge._._._',
  body: '{"status":{}}',
};

describeStores('MessageStoreSql on %s', (kind, current) => {
  let clock: ManualClock;
  let store: MessageStoreSql;
  let other: MessageStoreSql;
  let kept: KeptMessages;

  beforeEach(() => {
    clock = new ManualClock(NOW);
    [store, other] = current.dbs.map((db) => new MessageStoreSql(db, clock)) as [
      MessageStoreSql,
      MessageStoreSql,
    ];
    kept = new KeptMessages(current.dbs[0]);
  });

  const findOnly = async (): Promise<KeptMessage> => {
    const messages = await kept.list({});
    expect(messages).toHaveLength(1);
    return messages[0]!;
  };

  it('keeps nothing that is to be taken out, in whatever state', async () => {
    const clean = (given: string) => given.replaceAll('secret', '*');
    const redacting = new MessageStoreSql(current.dbs[0], clock, {
      text: clean,
      largeBody: async (given) => `b${clean(given)}`,
    });
    const message = { ...MESSAGE, routingKey: 'a.secret', body: 'my secret' };
    await redacting.park(message, 'a secret error', NOW);
    expect(await findOnly()).toMatchObject({ routingKey: 'a.*', body: 'bmy *', error: 'a * error' });
    const { id } = await findOnly();
    await redacting.parkAgain(id, 'secret again', NOW);
    expect(await findOnly()).toMatchObject({ error: '* again' });
    await redacting.quarantineKept(id, 'secret for good');
    expect(await findOnly()).toMatchObject({ error: '* for good', body: 'bmy *' });
  });

  it('parks a message until it is due, and gives it out as it was', async () => {
    await store.park(MESSAGE, 'database away', NOW + 1.5);
    const parked = {
      ...MESSAGE,
      id: expect.any(Number),
      state: 'parked',
      error: 'database away',
      attempts: 1,
      receivedAt: NOW,
      nextAttempt: NOW + 1.5,
    };
    expect(await findOnly()).toEqual(parked);
    expect(await store.takeDue(['task-pending'], NOW + 1.4, NOW + 60, 10)).toEqual([]);
    expect(await store.takeDue(['task-pending'], NOW + 1.5, NOW + 60, 10)).toEqual([
      { ...parked, nextAttempt: NOW + 60 },
    ]);
  });

  it('reserves what it gives out until the time said', async () => {
    await store.park(MESSAGE, 'e', NOW);
    expect(await store.takeDue(['task-pending'], NOW, NOW + 60, 10)).toHaveLength(1);
    expect(await other.takeDue(['task-pending'], NOW + 59, NOW + 120, 10)).toEqual([]);
    expect(await other.takeDue(['task-pending'], NOW + 60, NOW + 120, 10)).toHaveLength(1);
  });

  it('refuses a reservation that reserves nothing', async () => {
    await expect(store.takeDue(['task-pending'], NOW, NOW, 10)).rejects.toThrow(RangeError);
  });

  it('gives out the earliest of the subscriptions asked for', async () => {
    const subscriptions = ['task-pending', 'task-exception', 'started'];
    for (let n = 0; n < 9; n++) {
      const subscription = subscriptions[n % 3]!;
      await store.park({ ...MESSAGE, subscription, body: String(n) }, 'e', NOW - n);
    }
    const readBodies = async (limit: number, ...names: string[]) =>
      (await store.takeDue(names, NOW, NOW + 60, limit)).map((message) => message.body);
    expect(await readBodies(3, 'task-pending', 'started', 'started')).toEqual(['8', '6', '5']);
    expect(await readBodies(10, 'task-exception')).toEqual(['7', '4', '1']);
    expect(await readBodies(10)).toEqual([]);
    expect(await readBodies(10, ...subscriptions)).toEqual(['3', '2', '0']);
  });

  it('gives each message to one of several takers', async () => {
    for (let n = 0; n < 40; n++) await store.park({ ...MESSAGE, body: String(n) }, 'e', NOW);
    const taken = await Promise.all(
      [store, other, store, other].map((each) => each.takeDue(['task-pending'], NOW, NOW + 60, 15)),
    );
    const bodies = taken.flat().map((message) => message.body);
    expect(bodies).toHaveLength(40);
    expect(new Set(bodies).size).toBe(40);
    expect(Math.max(...taken.map((each) => each.length))).toBeLessThanOrEqual(15);
  });

  it('settles, parks again and quarantines', async () => {
    await store.park(MESSAGE, 'first', NOW);
    const { id } = await findOnly();

    await store.parkAgain(id, 'second', NOW + 5);
    expect(await findOnly()).toMatchObject({
      error: 'second',
      attempts: 2,
      nextAttempt: NOW + 5,
      state: 'parked',
    });

    await store.quarantineKept(id, 'third');
    expect(await findOnly()).toMatchObject({
      error: 'third',
      attempts: 3,
      nextAttempt: null,
      state: 'quarantined',
    });
    expect(await store.takeDue(['task-pending'], NOW + 1e6, NOW + 2e6, 10)).toEqual([]);

    await store.parkAgain(id, 'too late', NOW);
    expect(await findOnly()).toMatchObject({ error: 'third', state: 'quarantined' });

    await store.settle(id);
    await store.settle(id);
    await store.parkAgain(id, 'gone', NOW);
    await store.quarantineKept(id, 'gone');
    expect(await kept.list({})).toEqual([]);
  });

  it('lets an operator list, count, replay and drop', async () => {
    await store.quarantine({ ...MESSAGE, body: 'q' }, 'poison');
    await store.park({ ...MESSAGE, body: 'p' }, 'away', NOW + 1000);
    expect((await kept.list({})).map((message) => message.body)).toEqual(['q', 'p']);
    expect((await kept.list({}, 1)).map((message) => message.body)).toEqual(['q']);
    const [quarantined] = await kept.list({ state: 'quarantined' });
    const [parked] = await kept.list({ state: 'parked' });
    expect(quarantined).toMatchObject({ body: 'q', attempts: 1, nextAttempt: null });
    expect([await store.count('parked'), await store.count('quarantined')]).toEqual([1, 1]);

    const ids = [quarantined!.id, parked!.id];
    expect(await kept.replay({ ids: [...ids, 999] })).toEqual({ changed: ids, missing: [999] });
    const now = Date.now() / 1000;
    const due = await store.takeDue(['task-pending'], now, now + 60, 10);
    expect(due.map(({ body, attempts }) => ({ body, attempts }))).toEqual([
      { body: 'q', attempts: 0 },
      { body: 'p', attempts: 0 },
    ]);

    const only = { ids: [parked!.id] };
    expect(await kept.drop(only)).toEqual({ changed: only.ids, missing: [] });
    expect(await kept.drop(only)).toEqual({ changed: [], missing: only.ids });
    expect(await kept.replay(only)).toEqual({ changed: [], missing: only.ids });
    expect([await store.count('parked'), await store.count('quarantined')]).toEqual([1, 0]);
  });

  it('keeps any text: large, beyond the basic plane, and what databases refuse', async () => {
    const body = JSON.stringify({ comment: '🦊 Ωß \u{10FFFF} '.repeat(10_000) });
    expect(Buffer.byteLength(body)).toBeGreaterThan(65_536);
    await store.quarantine({ ...MESSAGE, body, routingKey: '🦊' }, '🐼'.repeat(8000));
    const large = await findOnly();
    expect(large).toMatchObject({ body, routingKey: '🦊' });
    expect(large.error).toMatch(/^(🐼)+$/u);
    await kept.drop({ ids: [large.id] });

    await store.quarantine({ ...MESSAGE, body: 'a\0b\uD83Ec' }, `${'x'.repeat(7999)}🐼`);
    expect(await findOnly()).toMatchObject({ body: 'a\uFFFDb\uFFFDc', error: `${'x'.repeat(7999)}\uFFFD` });
  });

  it('throws Unavailable once the database is closed', async () => {
    await current.dbs[0].close();
    await expect(store.park(MESSAGE, 'e', NOW)).rejects.toThrow(Unavailable);
    await expect(store.takeDue(['task-pending'], NOW, NOW + 1, 1)).rejects.toThrow(Unavailable);
    await expect(store.count('parked')).rejects.toThrow(Unavailable);
  });
});

/** As it was by default before version 12, and may be set for a role or a database of any. */
describeEach(['postgres'] as const, isUsable)(
  'MessageStoreSql on %s that shows times with 15 digits',
  (kind) => {
    it('reserves a message whose time has more', async () => {
      const database = await createDatabase(kind);
      const client = new pg.Client({ connectionString: database.url });
      await client.connect();
      await client.query(
        `ALTER DATABASE ${new URL(database.url).pathname.slice(1)} SET extra_float_digits = 0`,
      );
      await client.end();
      const db = await openMigrated(database.url);
      try {
        const store = new MessageStoreSql(db, new ManualClock(NOW));
        await store.park(MESSAGE, 'e', NOW + 0.123_456_7);
        const [parked] = await new KeptMessages(db).list({});
        expect(parked!.nextAttempt).not.toBe(NOW + 0.123_456_7);
        const taken = store.takeDue(['task-pending'], NOW + 1, NOW + 60, 10);
        expect(await Promise.race([taken, sleep(5000, 'still looking', { ref: false })])).toHaveLength(1);
      } finally {
        await db.close();
        await database.drop();
      }
    });
  },
);
