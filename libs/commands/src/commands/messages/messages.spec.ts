import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { BridgeDb, KeptMessages, migrateDatabase, MessageStoreSql } from '@bbb/bridge-db';
import { describeDatabases, type TestDatabase } from '../../../../../test/support/databases.js';
import { provideEmptyDatabase } from '../../../../../test/support/emptied-database.js';
import { eventually } from '../../../../../test/support/eventually.js';
import { record, recordJson } from '../../testing/recording-host.js';
import { useDatabase } from '../../testing/use-database.js';

const NOW = 1_795_000_000.5;
const MESSAGE = { subscription: 'task-pending', exchange: 'e', routingKey: 'primary.x', body: '{"a":1}' };

describeDatabases('messages on %s', (kind) => {
  let database: TestDatabase;
  let db: BridgeDb;
  let store: MessageStoreSql;
  /** Ids of a quarantined, a parked, and a parked message of another subscription. */
  let kept: KeptMessages;
  let bad: number, later: number, other: number;

  beforeEach(async () => {
    database = await provideEmptyDatabase(kind, 'bridge', ({ url }) => migrateDatabase(url));
    useDatabase(database.url);
    db = new BridgeDb({ url: database.url, poolSize: 2, connectTimeout: 10 });
    await db.open();
    kept = new KeptMessages(db);
    store = new MessageStoreSql(db, { now: () => NOW });
    await store.quarantine(MESSAGE, 'bad\n\u001b[31mpayload');
    await store.park(MESSAGE, 'x'.repeat(200), 1_795_000_060);
    await store.park({ ...MESSAGE, subscription: 'build-started' }, 'unavailable', 1_795_000_060);
    [bad, later, other] = (await kept.list({})).map(({ id }) => id) as [number, number, number];
  });
  afterEach(async () => {
    await db.close();
    await database.drop();
  });

  const ids = async () => (await kept.list({})).map(({ id }) => id);
  const printed = (stdout: string, code = 0, stderr = '') => ({ code, stdout, stderr });

  it('lists kept messages', async () => {
    expect(await record('messages', 'list', '--subscription', 'task-pending')).toEqual(
      printed(
        'id  state        subscription  attempts  received              next attempt          routing key  error\n' +
          `${bad}   quarantined  task-pending  1         2026-11-18T11:06:40Z  -                     primary.x    bad [31mpayload\n` +
          `${later}   parked       task-pending  1         2026-11-18T11:06:40Z  2026-11-18T11:07:40Z  primary.x    ${'x'.repeat(99)}…\n` +
          '1 parked, 1 quarantined\n',
      ),
    );
    expect((await record('messages', 'list', '--state', 'parked')).stdout).toMatch(
      new RegExp(`^id .*\\n${later} .*\\n${other} .*\\n2 parked, 0 quarantined\\n$`),
    );
    expect(await record('messages', 'list', '--subscription', 'none')).toEqual(
      printed('0 parked, 0 quarantined\n'),
    );
    expect(await recordJson('messages', 'list', '--json', '--state', 'quarantined')).toEqual({
      code: 0,
      json: {
        parked: 0,
        quarantined: 1,
        messages: [
          {
            id: bad,
            state: 'quarantined',
            subscription: 'task-pending',
            exchange: 'e',
            routingKey: 'primary.x',
            error: 'bad\n\u001b[31mpayload',
            attempts: 1,
            receivedAt: '2026-11-18T11:06:40Z',
            nextAttempt: null,
          },
        ],
      },
    });
  });

  it('shows one message in full', async () => {
    const { code, stdout } = await record('messages', 'show', String(bad));
    expect(code).toBe(0);
    expect(stdout).toMatch(/^state +quarantined$/m);
    expect(stdout).toMatch(/^error +bad \[31mpayload$/m);
    expect(stdout).toMatch(/^body +\{"a":1\}$/m);
    expect(await recordJson('messages', 'show', String(bad), '--json')).toMatchObject({
      json: { id: bad, body: '{"a":1}' },
    });
    expect(await record('messages', 'show', '999')).toEqual(printed('', 1, 'no message 999\n'));
  });

  it('deletes messages by id', async () => {
    expect(await record('messages', 'drop', String(later))).toEqual(printed(`message ${later} deleted\n`));
    expect(await record('messages', 'drop', String(later), String(bad))).toEqual(
      printed(`message ${bad} deleted\n`, 1, `no message ${later}\n`),
    );
    expect(await ids()).toEqual([other]);
  });

  it('deletes all messages that match', async () => {
    expect(
      await record('messages', 'drop', '--all', '--state', 'parked', '--subscription', 'task-pending'),
    ).toEqual(printed('deleted 1 message (state parked, subscription task-pending)\n'));
    expect(await ids()).toEqual([bad, other]);
    expect(await recordJson('messages', 'drop', '--all', '--json')).toEqual({
      code: 0,
      json: { deleted: [bad, other], missing: [] },
    });
    expect(await record('messages', 'drop', '--all')).toEqual(printed('deleted 0 messages\n'));
  });

  it('queues messages for a retry by id', async () => {
    expect(await record('messages', 'replay', String(bad), '999')).toEqual(
      printed(`message ${bad} queued for immediate retry\n`, 1, 'no message 999\n'),
    );
    const [message] = await kept.list({});
    expect(message).toMatchObject({ id: bad, state: 'parked', attempts: 0 });
    expect(message!.nextAttempt).toBeLessThanOrEqual(Date.now() / 1000);
  });

  it('queues all messages that match, and no others', async () => {
    expect(await record('messages', 'replay', '--all', '--subscription', 'task-pending')).toEqual(
      printed('queued 2 messages (subscription task-pending) for immediate retry\n'),
    );
    expect((await kept.list({})).map(({ attempts }) => attempts)).toEqual([0, 0, 1]);
  });

  it('waits for the outcome of a retry', async () => {
    const waiting = recordJson('messages', 'replay', String(bad), String(later), '--wait', '30', '--json');
    await eventually(async () =>
      expect((await kept.list({})).filter(({ attempts }) => attempts === 0)).toHaveLength(2),
    );
    await store.settle(bad);
    await store.quarantineKept(later, 'no\nbetter');
    expect(await waiting).toEqual({
      code: 1,
      json: {
        queued: [bad, later],
        missing: [],
        outcomes: [
          { id: bad, outcome: 'handled' },
          { id: later, outcome: 'failed', error: 'no\nbetter', state: 'quarantined', nextAttempt: null },
        ],
      },
    });
  });

  it('calls no message handled that no service has retried, however many there are', async () => {
    const rows = Array.from({ length: 1200 }, () => ({
      ...MESSAGE,
      ...{ state: 'quarantined', error: 'e', attempts: 20, receivedAt: NOW, nextAttempt: null },
    }));
    await db.run((source) => source.manager.insert('MessageRow', rows));
    const { code, json } = await recordJson('messages', 'replay', '--all', '--wait', '0.01', '--json');
    const { outcomes } = json as { outcomes: { outcome: string }[] };
    expect([code, outcomes.length]).toEqual([1, 1203]);
    expect(outcomes.filter(({ outcome }) => outcome !== 'queued')).toEqual([]);
  });

  it('says when no service retries', async () => {
    expect(await record('messages', 'replay', String(bad), '--wait', '0.01')).toEqual(
      printed(
        `message ${bad} queued for immediate retry\n` +
          `message ${bad} still queued: check that the service that consumes task-pending is running\n`,
        1,
      ),
    );
  });
});
