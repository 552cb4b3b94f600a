import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { TestDatabase } from '../../../test/support/databases.js';
import { provideEmptyDatabase } from '../../../test/support/emptied-database.js';
import { installSchedulerSchema, openTestDatabase } from '../../../test/support/scheduler-schema.js';
import { describeSchedulerDbs } from '../../../test/support/scheduler-dbs.js';
import { SchedulerDb } from './scheduler-db.js';
import { createRequestSpec } from '../../rules/src/testing/observations.js';

const REQUEST = createRequestSpec({
  properties: { product: 'firefox', nested: { a: [1, null] }, word: 'Füße 🦊', none: null },
  priority: 1,
});
const wanted = async () => true;

/** With the time that another database takes, so that others come in between if they can. */
const slowly =
  <T>(work: () => Promise<T>) =>
  async () => {
    const result = await work();
    await sleep(10);
    return result;
  };

Logger.overrideLogger(false);

describeSchedulerDbs('SchedulerDb on %s, schema %s%s', (kind, version, engine) => {
  let database: TestDatabase;
  let rows: DataSource;
  let instances: SchedulerDb[];

  /** An instance with connections of its own, as another process has. */
  const open = (options: Partial<ConstructorParameters<typeof SchedulerDb>[0]> = {}) => {
    const instance = new SchedulerDb({ url: database.url, poolSize: 3, connectTimeout: 5, ...options });
    instances.push(instance);
    return instance;
  };
  const readSnapshot = async (db: SchedulerDb, id: number | undefined) => {
    const found = (await db.readSnapshots([id!])).get(id!);
    if (found instanceof Error) throw found;
    return found;
  };
  const count = async (table: string) => {
    const [row] = await rows.query(`SELECT COUNT(*) AS n FROM ${table}`);
    return Number(row.n);
  };

  const claim = (id: number | undefined, at: number, master = 'bm73') =>
    version === 6
      ? rows.query(
          `UPDATE buildrequests SET claimed_at = ${at}, claimed_by_name = '${master}' WHERE id = ${id}`,
        )
      : rows.query(
          `INSERT INTO buildrequest_claims (brid, objectid, claimed_at)
            VALUES (${id}, ${master === 'bm73' ? 1 : 2}, ${at})`,
        );

  beforeEach(async () => {
    instances = [];
    database = await provideEmptyDatabase(kind, `${version} ${engine}`, (made) =>
      installSchedulerSchema(made, version, engine ? { engine } : {}),
    );
    rows = await openTestDatabase(database);
    // The masters that claim.
    if (version === 24)
      await rows.query(
        `INSERT INTO objects (id, name, class_name) VALUES (1, 'bm73', 'BuildMaster'), (2, 'bm74', 'BuildMaster')`,
      );
  });

  afterEach(async () => {
    await Promise.all(instances.map((instance) => instance.close()));
    await rows.destroy();
    await database.drop();
  });

  it('writes what a master picks up and other systems read', async () => {
    const id = await open().create(REQUEST, wanted);

    const [request] = await rows.query(`SELECT * FROM buildrequests`);
    expect(request).toMatchObject({
      id,
      buildername: REQUEST.buildername,
      priority: 1,
      submitted_at: 1494586000,
      complete: 0,
      results: null,
      complete_at: null,
      ...(version === 6 ? { claimed_at: 0, claimed_by_name: null, claimed_by_incarnation: null } : {}),
    });
    const [buildset] = await rows.query(`SELECT * FROM buildsets`);
    expect(buildset).toMatchObject({
      id: request.buildsetid,
      external_idstring: 'taskId:f3DnZ0QnQqWl0cH1Cq9vLw',
      reason: 'Created by BBB for task f3DnZ0QnQqWl0cH1Cq9vLw',
      submitted_at: 1494586000,
      complete: 0,
      results: null,
    });
    const [stamp] = await rows.query(`SELECT * FROM sourcestamps`);
    expect(stamp).toMatchObject({
      branch: 'projects/ash',
      revision: null,
      repository: '',
      project: '',
      patchid: null,
    });
    if (version === 6) expect(buildset.sourcestampid).toBe(stamp.id);
    else {
      const [set] = await rows.query(`SELECT * FROM sourcestampsets`);
      expect(buildset.sourcestampsetid).toBe(set.id);
      expect(stamp).toMatchObject({ sourcestampsetid: set.id, codebase: '' });
    }
    const properties = await rows.query(`SELECT * FROM buildset_properties`);
    expect(properties.map((row: { buildsetid: number }) => row.buildsetid)).toEqual(
      Array(6).fill(buildset.id),
    );
    const pairs = Object.fromEntries(
      properties.map((row: { property_name: string; property_value: string }) => [
        row.property_name,
        row.property_value,
      ]),
    ) as Record<string, string>;
    expect(Object.values(pairs).every((pair) => /^[\x20-\x7e]*$/.test(pair))).toBe(true);
    expect(pairs.word).toBe('["F\\u00fc\\u00dfe \\ud83e\\udd8a","bbb"]');
    expect(Object.fromEntries(Object.entries(pairs).map(([name, pair]) => [name, JSON.parse(pair)]))).toEqual(
      {
        product: ['firefox', 'bbb'],
        nested: [{ a: [1, null] }, 'bbb'],
        word: ['Füße 🦊', 'bbb'],
        none: [null, 'bbb'],
        taskId: ['f3DnZ0QnQqWl0cH1Cq9vLw', 'bbb'],
        createdForRunId: [0, 'bbb'],
      },
    );
  });

  it('makes the requests of many keys at once, each of its own rows', async () => {
    const db = open();
    const taskIds = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l'];
    const orders = taskIds.map((taskId, index) => ({
      ...REQUEST,
      taskId,
      buildername: `builder ${taskId}`,
      scheduledAt: REQUEST.scheduledAt + (index % 3),
    }));
    const rerun = { ...orders[2]!, createdForRunId: 1 };
    const there = await db.create(orders[1]!, wanted);
    const ids = await Promise.all(
      [...orders, rerun, { ...orders[0]! }].map((order) =>
        db.create(
          order,
          slowly(async () => order.taskId !== 'd'),
        ),
      ),
    );
    expect(ids[1]).toBe(there);
    expect(ids[3]).toBeUndefined();
    expect(ids[0]).toBe(ids.at(-1));
    expect(new Set(ids).size).toBe(13);
    expect(await Promise.all([...orders, rerun].map((order) => db.find(order)))).toEqual(ids.slice(0, -1));
    const made = await rows.query(
      `SELECT br.id AS id, br.buildername AS buildername, p.property_value AS task
        FROM buildrequests br JOIN buildset_properties p ON p.buildsetid = br.buildsetid
        WHERE p.property_name = 'taskId'`,
    );
    expect(
      new Map(made.map((row: Record<string, unknown>) => [Number(row.id), [row.buildername, row.task]])),
    ).toEqual(
      new Map(
        [...orders, rerun].flatMap(({ taskId, buildername }, index) =>
          ids[index] === undefined ? [] : [[ids[index], [buildername, `["${taskId}","bbb"]`]]],
        ),
      ),
    );
    expect(await count('buildrequests')).toBe(12);
    expect(await count('buildsets')).toBe(12);
    expect(await count('sourcestamps')).toBe(12);
    expect(await count('buildset_properties')).toBe(12 * 6);
  });

  it('tells apart two runs of one second, and takes what the original bridge made', async () => {
    const db = open();
    const first = await db.create(REQUEST, wanted);
    const second = await db.create({ ...REQUEST, createdForRunId: 1 }, wanted);
    expect(second).not.toBe(first);
    expect(await db.find({ ...REQUEST, createdForRunId: 1 })).toBe(second);
    expect(await db.find({ ...REQUEST, createdForRunId: 2 })).toBeUndefined();

    await rows.query(`DELETE FROM buildset_properties WHERE property_name = 'createdForRunId'`);
    expect(await db.create({ ...REQUEST, createdForRunId: 2 }, wanted)).toBe(first);
  });

  it('writes nothing when the order is not wanted any more', async () => {
    const db = open();
    expect(await db.create(REQUEST, async () => false)).toBeUndefined();
    await expect(db.create(REQUEST, async () => Promise.reject(new Error('cannot tell')))).rejects.toThrow(
      'cannot tell',
    );
    expect(await count('buildsets')).toBe(0);
    expect(await count('sourcestamps')).toBe(0);
    expect(await db.create(REQUEST, wanted)).toEqual(expect.any(Number));
  });

  it('makes a complete new request beside a buildset that a crash left without one', async () => {
    const db = open();
    await db.create(REQUEST, wanted);
    await rows.query('DELETE FROM buildrequests');
    expect(await db.find(REQUEST)).toBeUndefined();
    const id = await db.create(REQUEST, wanted);
    const [row] = await rows.query(
      'SELECT COUNT(*) AS n FROM buildrequests br JOIN buildset_properties p ON p.buildsetid = br.buildsetid',
    );
    expect(Number(row.n)).toBe(6);
    expect(await db.find(REQUEST)).toBe(id);
  });

  it('takes a case-sensitive task id for what it is', async () => {
    const db = open();
    const first = await db.create(REQUEST, wanted);
    const other = await db.create({ ...REQUEST, taskId: REQUEST.taskId.toLowerCase() }, wanted);
    expect(other).not.toBe(first);
  });

  it('is not misled by a property whose name differs in case only', async () => {
    const db = open();
    const properties = { CREATEDFORRUNID: 7, 'createdForRunId ': 8 };
    const id = await db.create({ ...REQUEST, properties }, wanted);
    expect(await db.find(REQUEST)).toBe(id);
    expect(await db.find({ ...REQUEST, createdForRunId: 7 })).toBeUndefined();
    expect((await readSnapshot(db, id))?.key).toEqual({ taskId: REQUEST.taskId, createdForRunId: 0 });
    expect(await db.listMarkedOpenRequests(0, 1)).toMatchObject([{ buildRequestId: id, createdForRunId: 0 }]);

    await rows.query(
      `DELETE FROM buildset_properties WHERE property_name = 'createdForRunId' AND property_value = '[0,"bbb"]'`,
    );
    expect(await db.find({ ...REQUEST, createdForRunId: 7 })).toBe(id);
    expect((await readSnapshot(db, id))?.key).toEqual({
      taskId: REQUEST.taskId,
      createdForRunId: null,
    });
  });

  it('reads no key from a request that is not a bridge’s', async () => {
    const db = open();
    const id = await db.create(REQUEST, wanted);
    const createKeyForNow = async () => (await readSnapshot(db, id))?.key;
    for (const change of [
      `reason = 'scheduler'`,
      `reason = 'created by bbb for task ${REQUEST.taskId}'`,
      `reason = 'Created by BBB for task ${REQUEST.taskId.toLowerCase()}'`,
    ]) {
      await rows.query(`UPDATE buildsets SET ${change}`);
      expect(await createKeyForNow()).toBeNull();
    }
    await rows.query(`UPDATE buildsets SET reason = 'Created by BBB for task ${REQUEST.taskId}'`);
    expect(await createKeyForNow()).toEqual({ taskId: REQUEST.taskId, createdForRunId: 0 });
    await rows.query(`UPDATE buildsets SET external_idstring = NULL`);
    expect(await createKeyForNow()).toBeNull();
  });

  it('fills a page although some requests only look like a bridge’s', async () => {
    const db = open();
    const ids: (number | undefined)[] = [];
    for (const taskId of ['a', 'b', 'c', 'd']) ids.push(await db.create({ ...REQUEST, taskId }, wanted));
    await rows.query(
      `UPDATE buildsets SET reason = 'created by bbb for task x' WHERE external_idstring IN ('taskId:a', 'taskId:b')`,
    );
    expect(await db.listMarkedOpenRequests(0, 2)).toMatchObject([{ taskId: 'c' }, { taskId: 'd' }]);
  });

  it('lists open requests that bridges made, in pages', async () => {
    const db = open();
    const ids: (number | undefined)[] = [];
    for (const taskId of ['a', 'b', 'c', 'd']) ids.push(await db.create({ ...REQUEST, taskId }, wanted));
    await rows.query(`UPDATE buildrequests SET complete = 1 WHERE id = ${ids[1]}`);
    await rows.query(`UPDATE buildsets SET reason = 'scheduler' WHERE external_idstring = 'taskId:c'`);
    await rows.query(`DELETE FROM buildset_properties WHERE property_name = 'createdForRunId'`);
    const [first] = await db.listMarkedOpenRequests(0, 1);
    expect(first).toEqual({
      buildRequestId: ids[0],
      taskId: 'a',
      createdAt: 1494586000,
      createdForRunId: null,
    });
    expect(await db.listMarkedOpenRequests(ids[0]!, 10)).toMatchObject([
      { buildRequestId: ids[3], taskId: 'd' },
    ]);
  });

  it('reads many requests at once, and misses unknown ones', async () => {
    const db = open();
    const id = await db.create(REQUEST, wanted);
    await rows.query(
      `INSERT INTO builds (number, brid, start_time, finish_time) VALUES (7, ${id}, 1494586100, 1494586200)`,
    );
    const unknown = Array.from({ length: 1200 }, (_, index) => index + 1000);
    const snapshots = await db.readSnapshots([...unknown, id!]);
    expect([...snapshots.keys()]).toEqual([id]);
    expect(snapshots.get(id!)).toEqual({
      buildRequestId: id,
      key: { taskId: REQUEST.taskId, createdForRunId: 0 },
      buildername: REQUEST.buildername,
      state: { at: 'requeued', build: { buildId: expect.any(Number), number: 7 } },
    });
    expect(await db.findCancellationTarget(id!)).toEqual({
      snapshot: snapshots.get(id!),
      branch: 'projects/ash',
      isNumberReused: false,
    });
    expect(await db.findCancellationTarget(1000)).toBeUndefined();
  });

  it('counts the open requests of a builder that are ahead of one, and those that are being built', async () => {
    const db = open();
    const create = (taskId: string, changes = {}) => db.create({ ...REQUEST, taskId, ...changes }, wanted);
    const asked = await create('a', { scheduledAt: 1494586010 });
    const ahead = {
      older: { scheduledAt: 1494586009 },
      urgent: { priority: 2, scheduledAt: 1494586020 },
    };
    for (const [taskId, changes] of Object.entries(ahead)) await create(taskId, changes);
    const behind = {
      later: { scheduledAt: 1494586010 },
      younger: { scheduledAt: 1494586011 },
      low: { priority: 0, scheduledAt: 1494586000 },
      low2: { priority: 0, scheduledAt: 1494586000 },
      elsewhere: { buildername: 'another', scheduledAt: 1494586000 },
    };
    for (const [taskId, changes] of Object.entries(behind)) await create(taskId, changes);
    const [built, complete] = [await create('built', ahead.older), await create('complete', ahead.older)];
    await claim(built, 1494586100);
    await rows.query(`UPDATE buildrequests SET complete = 1 WHERE id = ${complete}`);
    expect(await db.readPlace(asked!)).toEqual({ submittedAt: 1494586010, ahead: 2, building: 1 });
  });

  it('knows that a killed master has given a number out again', async () => {
    const db = open();
    const [dead, partner, stranger] = await Promise.all(
      ['a', 'b', 'c'].map((taskId) => db.create({ ...REQUEST, taskId }, wanted)),
    );
    const build = async (brid: number | undefined, start: number) => {
      await rows.query(`INSERT INTO builds (number, brid, start_time) VALUES (7, ${brid}, ${start})`);
    };
    const isNumberReused = async (id: number | undefined) =>
      (await db.findCancellationTarget(id!))?.isNumberReused;
    for (const id of [dead, partner]) await claim(id, 1494586100);
    await build(dead, 1494586101);
    await build(partner, 1494586101);
    // Requests that share a build share its number.
    expect(await isNumberReused(dead)).toBe(false);
    const [mine, theirs] = await rows.query<{ id: unknown }[]>('SELECT id FROM builds ORDER BY id');
    expect(await db.listSharers(Number(mine!.id))).toEqual([partner]);
    expect(await db.listSharers(Number(theirs!.id))).toEqual([dead]);

    await claim(stranger, 1494586200, 'bm74');
    await build(stranger, 1494586201);
    expect(await isNumberReused(dead)).toBe(false);

    await rows.query(
      version === 6
        ? `UPDATE buildrequests SET claimed_by_name = 'bm73' WHERE id = ${stranger}`
        : `UPDATE buildrequest_claims SET objectid = 1 WHERE brid = ${stranger}`,
    );
    expect(await isNumberReused(dead)).toBe(true);
    expect(await isNumberReused(stranger)).toBe(false);
    // The later build of that number is no shared one.
    expect(await db.listSharers(Number(mine!.id))).toEqual([partner]);
    await rows.query(`UPDATE buildrequests SET complete = 1 WHERE id = ${partner}`);
    expect(await db.listSharers(Number(mine!.id))).toEqual([]);
  });

  it('has nothing to complain about', async () => {
    expect(await open().findProblem()).toBeUndefined();
  });
});
