import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type BridgeDb, JournalTable, JournalWriter, TurnStoreSql } from '@bbb/bridge-db';
import type { Configuration } from '@bbb/configuration';
import { openMigrated } from '../../../libs/bridge-db/src/testing/open-migrated.js';
import { createDatabase, type TestDatabase } from '../../../test/support/databases.js';
import { JournalTrimming } from './journal-trimming.service.js';

const NOW = 1_800_000_000;
const DAY = 86_400;

let database: TestDatabase;
let db: BridgeDb;
let now = NOW;

beforeEach(async () => {
  database = await createDatabase('sqlite');
  db = await openMigrated(database.url);
  now = NOW;
  const writer = new JournalWriter(db, { service: 'reflector', instance: 'h:1' });
  for (const days of [20, 10, 1]) {
    const cause = { verdict: 'claim', cause: '', run: 'pending', request: 'building' } as const;
    const ids = { taskId: 'A', runId: 0, buildRequestId: 1 };
    writer.note({ at: NOW - days * DAY, ...ids, event: `${days} days ago`, cause, details: {}, duration: 0 });
  }
  await writer.flush();
});
afterEach(async () => {
  await db.close();
  await database.drop();
});

const trimming = (journal: { days: number; rows: number }) =>
  new JournalTrimming(db, new TurnStoreSql(db), { now: () => now }, { journal } as Configuration);
const countLeft = async () => (await new JournalTable(db).page({}, 9)).entries.map(({ event }) => event);

it('deletes what is older than the configured days, once for all reflectors', async () => {
  await trimming({ days: 14, rows: 1000 }).trim();
  expect(await countLeft()).toEqual(['1 days ago', '10 days ago']);
  await trimming({ days: 2, rows: 1000 }).trim();
  expect(await countLeft()).toEqual(['1 days ago', '10 days ago']);
  now += 600;
  await trimming({ days: 2, rows: 1000 }).trim();
  expect(await countLeft()).toEqual(['1 days ago']);
});

it('empties a journal that is turned off, and throws nothing without a database', async () => {
  await trimming({ days: 0, rows: 1000 }).trim();
  expect(await countLeft()).toEqual([]);
  now += 600;
  await db.close();
  await trimming({ days: 0, rows: 1000 }).trim();
});
