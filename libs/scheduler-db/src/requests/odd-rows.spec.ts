import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Logger } from '@nestjs/common';
import { Invalid } from '@bbb/rules';
import type { DataSource } from 'typeorm';
import { createDatabase, type TestDatabase } from '../../../../test/support/databases.js';
import { RecordingTelemetry } from '../../../../test/support/doubles/recording-telemetry.js';
import { installSchedulerSchema, openTestDatabase } from '../../../../test/support/scheduler-schema.js';
import type { Row } from '../connection/sql.js';
import { SchedulerDb } from '../scheduler-db.js';
import { toMarkedPage } from './marked-requests.js';
import { toSnapshots } from './snapshots.js';
import { createRequestSpec } from '../../../rules/src/testing/observations.js';

const SCHEMA = { version: 24, claims: 'table', sourcestamps: 'set', codebase: true } as const;

const row = (id: number): Row => ({
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

/** What no column holds that is in order. */
const odd = fc.oneof(
  fc.constantFrom<unknown>('', ' ', 'soon', 'NaN', NaN, Infinity, '1e999', {}, [1, 2], Buffer.from([0xff])),
  fc.string().filter((text) => !Number.isFinite(Number(text))),
);

describe('one odd row', () => {
  const others = (ids: readonly number[], at: number) => ids.filter((_, index) => index !== at);

  it('spoils no other snapshot, whichever column it is in', () => {
    const numbers = [
      'complete',
      'results',
      'complete_at',
      'claimed_at',
      'build_id',
      'build_number',
      'finish_time',
    ];
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.nat(),
        fc.constantFrom(...numbers),
        odd,
        (count, place, column, value) => {
          const ids = Array.from({ length: count }, (_, index) => index + 1);
          const at = place % count;
          const rows = ids.map(row);
          const expected = toSnapshots(rows, SCHEMA);
          rows[at] = { ...rows[at], [column]: value };
          const snapshots = toSnapshots(rows, SCHEMA);
          expect(snapshots.get(ids[at]!)).toBeInstanceOf(Invalid);
          for (const id of others(ids, at)) expect(snapshots.get(id)).toEqual(expected.get(id));
        },
      ),
    );
  });

  it.each([null, 7, 'soon', '[]', '["0","bbb"]', '[0.5,"bbb"]', '[-1,"bbb"]', '[null,"bbb"]', '0'])(
    'names no run, and not none, in a property %p',
    (run) => {
      const snapshots = toSnapshots([row(1), { ...row(2), run }], SCHEMA);
      expect(snapshots.get(1)).toMatchObject({ key: { createdForRunId: 0 } });
      expect(snapshots.get(2)).toBeInstanceOf(Invalid);
      const page = toMarkedPage([row(1), { ...row(2), run }]);
      expect(page.marked).toMatchObject([{ buildRequestId: 1 }]);
      expect(page.unreadable.get(2)?.message).toMatch(/^createdForRunId is not a run but /);
    },
  );

  it.each(['', null, 7, Buffer.from('b')])('has no builder named %p', (buildername) => {
    const snapshots = toSnapshots([row(1), { ...row(2), buildername }], SCHEMA);
    expect(snapshots.get(1)).toMatchObject({ buildername: 'builder 1' });
    expect(snapshots.get(2)).toBeInstanceOf(Invalid);
  });

  it('spoils no page of open requests', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.nat(), odd, (count, place, value) => {
        const ids = Array.from({ length: count }, (_, index) => index + 1);
        const at = place % count;
        const rows = ids.map(row);
        rows[at] = { ...rows[at], submitted_at: value };
        const page = toMarkedPage(rows);
        expect(page.marked.map(({ buildRequestId }) => buildRequestId)).toEqual(others(ids, at));
        expect([...page.unreadable.keys()]).toEqual([ids[at]]);
        expect(page).toMatchObject({ read: count, lastBuildRequestId: ids.at(-1) });
      }),
    );
  });
});

describe.each([6, 24] as const)('a scheduler database with one odd row, schema %i', (version) => {
  const REQUEST = createRequestSpec({ taskId: 'a', properties: {} });
  let database: TestDatabase;
  let rows: DataSource;
  let db: SchedulerDb;
  const telemetry = new RecordingTelemetry();
  const warnings: unknown[] = [];

  beforeEach(async () => {
    database = await createDatabase('sqlite');
    await installSchedulerSchema(database, version);
    rows = await openTestDatabase(database);
    db = new SchedulerDb({ url: database.url, poolSize: 1, connectTimeout: 5 }, telemetry);
    warnings.length = 0;
    Logger.overrideLogger({
      log: () => undefined,
      error: () => undefined,
      warn: (...message: unknown[]) => void warnings.push(message.slice(0, 2)),
    });
  });

  afterEach(async () => {
    Logger.overrideLogger(false);
    await Promise.all([db.close(), rows.destroy()]);
    await database.drop();
  });

  it('tells the others’ snapshots, and of the odd one that it cannot be read', async () => {
    const ids: number[] = [];
    for (const taskId of ['a', 'b', 'c'])
      ids.push((await db.create({ ...REQUEST, taskId }, async () => true))!);
    const [first, second, third] = ids as [number, number, number];
    await rows.query(`UPDATE buildrequests SET complete_at = 'yesterday' WHERE id = ${second}`);
    const snapshots = await db.readSnapshots(ids);
    expect(snapshots.get(first)).toMatchObject({ state: { at: 'waiting' } });
    expect(snapshots.get(third)).toMatchObject({ state: { at: 'waiting' } });
    const message = `build request ${second} cannot be read: complete_at is not a number but "yesterday"`;
    expect(snapshots.get(second)).toMatchObject({ name: 'Unavailable', message });
    await expect(db.findCancellationTarget(second)).rejects.toMatchObject({ name: 'Unavailable', message });
    // Mended, it is read again.
    await rows.query(`UPDATE buildrequests SET complete_at = NULL WHERE id = ${second}`);
    expect((await db.readSnapshots(ids)).get(second)).toMatchObject({ state: { at: 'waiting' } });
  });

  it('lists the other open requests, and logs which one it skipped', async () => {
    const ids: number[] = [];
    for (const taskId of ['a', 'b', 'c'])
      ids.push((await db.create({ ...REQUEST, taskId }, async () => true))!);
    await rows.query(`UPDATE buildrequests SET submitted_at = 'soon' WHERE id = ${ids[1]}`);
    expect(await db.listMarkedOpenRequests(0, 10)).toMatchObject([
      { buildRequestId: ids[0] },
      { buildRequestId: ids[2] },
    ]);
    expect(warnings).toEqual([
      [{ buildRequestId: ids[1], error: expect.any(Invalid) }, 'skipped a build request that cannot be read'],
    ]);
  });

  it('reads what is to be cancelled in one statement, so that it is of one moment', async () => {
    const id = (await db.create(REQUEST, async () => true))!;
    const before = telemetry.readCount('sql_round_trips_total', { database: 'scheduler-db' });
    await db.findCancellationTarget(id);
    expect(telemetry.readCount('sql_round_trips_total', { database: 'scheduler-db' })).toBe(before + 1);
  });
});
