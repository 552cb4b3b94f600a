import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Logger } from '@nestjs/common';
import { createDatabase, type TestDatabase } from '../../../test/support/databases.js';
import { ManualClock } from '../../../test/support/doubles/manual-clock.js';
import type { BridgeDb } from './bridge-db.js';
import { KeptMessages } from './messages/kept-messages.js';
import { MessageStoreSql } from './messages/message-store-sql.js';
import { type RawTaskRow, readTaskRows } from './tasks/read-task-row.js';
import { TaskStoreSql } from './tasks/task-store-sql.js';
import { openMigrated } from './testing/open-migrated.js';

const TASKS = ['a', 'b', 'c'];

describe('one odd row of tasks', () => {
  const row = (id: number): RawTaskRow => ({
    id,
    taskId: `task-${id}`,
    runId: 0,
    buildRequestId: id,
    buildId: null,
    createdDate: 1400000000,
    processedDate: null,
    takenUntil: 1400000600,
    missingSince: null,
    rev: 3,
  });
  const odd = fc.oneof(
    fc.constantFrom<unknown>('', 'soon', NaN, Infinity, 1.5, 2 ** 60, undefined, {}, Buffer.from([0xff])),
    fc.string(),
  );

  it('keeps no other from being read, whichever column it is in', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.nat(),
        fc.constantFrom(...(Object.keys(row(1)) as (keyof RawTaskRow)[])),
        odd,
        (count, place, column, value) => {
          fc.pre(column !== 'taskId' || typeof value !== 'string' || value === '');
          const rows = Array.from({ length: count }, (_, index) => row(index + 1));
          const at = place % count;
          rows[at] = { ...rows[at]!, [column]: value };
          const { read, unreadable } = readTaskRows(rows);
          expect(read).toEqual(rows.filter((_, index) => index !== at));
          expect(unreadable).toMatchObject([{ error: { name: 'Invalid' } }]);
        },
      ),
    );
  });
});

describe('a bridge database with one odd row', () => {
  let database: TestDatabase;
  let db: BridgeDb;
  const errors: unknown[] = [];
  const run = (sql: string) => db.run((source) => source.query(sql));

  beforeEach(async () => {
    database = await createDatabase('sqlite');
    db = await openMigrated(database.url);
    errors.length = 0;
    Logger.overrideLogger({
      log: () => undefined,
      warn: () => undefined,
      error: (...message: unknown[]) => void errors.push(message.slice(0, 2)),
    });
  });

  afterEach(async () => {
    Logger.overrideLogger(false);
    await db.close();
    await database.drop();
  });

  it('has all other tasks, in every reading of many, and logs the one that it skipped', async () => {
    const store = new TaskStoreSql(db);
    for (const [index, taskId] of TASKS.entries())
      await store.track({ taskId, runId: 0, createdDate: null, buildRequestId: index + 1 });
    await run(`UPDATE tasks SET "takenUntil" = 'soon' WHERE "taskId" = 'b'`);

    const others = [{ taskId: 'a' }, { taskId: 'c' }];
    const skipped = [expect.objectContaining({ taskId: 'b' }), 'skipped a task row that cannot be read'];
    expect((await store.readPage(10)).tasks).toMatchObject(others);
    expect(errors.splice(0)).toEqual([skipped]);
    expect(await store.findByTaskIds(TASKS)).toMatchObject(others);
    expect(errors.splice(0)).toEqual([skipped]);
    expect(await store.findByBuildRequestIds([1, 2, 3])).toMatchObject(others);
    expect(errors.splice(0)).toEqual([skipped]);

    // Alone it is never taken for a task that is not tracked.
    const unreadable = {
      name: 'Unavailable',
      message: 'the row of task b cannot be read: takenUntil is not a whole number',
    };
    const answers = await Promise.allSettled(TASKS.map((taskId) => store.get(taskId)));
    expect(answers).toMatchObject([
      { value: { taskId: 'a' } },
      { reason: unreadable },
      { value: { taskId: 'c' } },
    ]);
    await expect(store.track({ taskId: 'b', runId: 0, createdDate: null })).rejects.toMatchObject(unreadable);

    await run(`UPDATE tasks SET "takenUntil" = NULL`);
    expect(await store.findByTaskIds(TASKS)).toHaveLength(3);
  });

  it('gives out the other kept messages, and quarantines the one that cannot be read', async () => {
    const store = new MessageStoreSql(db, new ManualClock(1000));
    for (const subscription of ['s', 's', 's'])
      await store.park({ subscription, exchange: 'e', routingKey: 'r', body: '{}' }, 'error', 1001);
    await run(`UPDATE messages SET body = x'ff00' WHERE id = 2`);
    expect(await store.takeDue(['s'], 1002, 1100, 10)).toMatchObject([{ id: 1 }, { id: 3 }]);
    expect(errors).toEqual([
      [{ id: 2, reason: 'body is not text' }, 'kept message cannot be read; it is quarantined'],
    ]);
    expect(await new KeptMessages(db).list({ state: 'quarantined' })).toMatchObject([
      { id: 2, attempts: 2, error: 'the kept message cannot be read: body is not text' },
    ]);
  });
});
