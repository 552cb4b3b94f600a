import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Invalid } from '@bbb/rules';
import { Logger } from '@nestjs/common';
import type { DataSource, QueryRunner } from 'typeorm';
import { isFull, isWhole } from '../../../test/support/campaign.js';
import { createDatabase, describeDatabases, type TestDatabase } from '../../../test/support/databases.js';
import { MIGRATIONS } from './data-source.js';
import type { MigrationStep } from './migration-progress.js';
import {
  migrateDown,
  migrateTo,
  migrateUp,
  listMigrationStates,
  findPendingMigrations,
  refuseNewerSchema,
} from './migrate.js';
import type { BridgeMigration } from './migrations/bridge-migration.js';
import type { Generation } from './migrations/original-tasks.js';
import {
  connect,
  insertOriginal,
  layoutOf,
  makeOriginal,
  originalRows,
  type OriginalRow,
  tableNames,
} from './testing/original.js';

/** Milliseconds: on a quiet machine all cuts take 70 s on MariaDB, and every fifteenth of them 5 s. */
const CUTS_LIMIT = isFull ? 480_000 : 90_000;

const A = 'AAAAAAAAAAAAAAAAAAAAAA';
const B = 'BBBBBBBBBBBBBBBBBBBBBB';
const C = 'CCCCCCCCCCCCCCCCCCCCCC';
const OURS = [
  'bridge_instances',
  'bridge_journal',
  'bridge_migrations',
  'bridge_origin',
  'bridge_passes',
  'bridge_pauses',
  'bridge_turns',
  'bridge_walks',
  'messages',
  'tasks',
  'tasks_superseded',
];
const NAMES = MIGRATIONS.map(({ name }) => name);

const FOLLOWED: OriginalRow[] = [
  [12, A, 1, 1400000000, 1400000001, 1400001200],
  [20, B, 0, 1400000002, 1400000003, null],
];

const ORIGINALS: Record<Generation, { rows: OriginalRow[]; followed: OriginalRow[]; aside: OriginalRow[] }> =
  {
    'until-1.6.2': {
      rows: [
        [10, A, 0, 1400000000, 1400000001, null],
        [11, A, 1, 1400000000, 1400000001, 1400001100],
        ...FOLLOWED,
        [30, null, 4, null, null, null],
      ],
      followed: FOLLOWED,
      aside: [
        [10, A, 0, 1400000000, 1400000001, null],
        [11, A, 1, 1400000000, 1400000001, 1400001100],
        [30, null, 4, null, null, null],
      ],
    },
    'from-1.6.3': {
      rows: [[10, A, 0, 1400000000, 1400000001, null], ...FOLLOWED, [null, C, 0, 1400000005, null, null]],
      followed: [...FOLLOWED, [null, C, 0, 1400000005, null, null]],
      aside: [[10, A, 0, 1400000000, 1400000001, null]],
    },
  };
const GENERATIONS = Object.keys(ORIGINALS) as Generation[];

/** What a later version may bring. */
class CreateNotes1900000000000 implements BridgeMigration {
  readonly name = 'CreateNotes1900000000000';
  readonly since = '3.1.0';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE bridge_notes (id INTEGER)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE bridge_notes');
  }
}
describeDatabases('migrations on %s', (kind) => {
  let database: TestDatabase;
  let source: DataSource;
  const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);

  beforeEach(async () => {
    warn.mockClear();
    database = await createDatabase(kind);
    source = await connect(database.url);
  });

  afterEach(async () => {
    await source.destroy();
    await database.drop();
  });

  const addTask = (taskId: string, buildRequestId: number | null) =>
    source.query(
      `INSERT INTO tasks (${['taskId', 'runId', 'buildrequestId'].map((name) => source.driver.escape(name)).join()})
       VALUES ('${taskId}', 0, ${buildRequestId ?? 'NULL'})`,
    );

  /** Lets the connection be that of a program with these migrations. */
  const useMigrations = (migrations: readonly (new () => BridgeMigration)[]) =>
    Object.assign(source, { migrations: migrations.map((Migration) => new Migration()) });

  it('makes a fresh database, and says before and after what is pending', async () => {
    expect(await findPendingMigrations(source)).toMatchObject({
      name: 'MigrationsPending',
      migrations: NAMES,
    });
    expect(await tableNames(source)).toEqual([]);

    expect(await migrateUp(source)).toEqual(NAMES);

    expect(await tableNames(source)).toEqual(OURS);
    expect(await migrateUp(source)).toEqual([]);
    expect(await findPendingMigrations(source)).toBeUndefined();
    expect(await listMigrationStates(source)).toEqual(NAMES.map((name) => ({ name, done: true })));
  });

  it('makes what the entities describe', async () => {
    await migrateUp(source);
    for (const { tableName, columns, indices, uniques } of source.entityMetadatas) {
      const layout = await layoutOf(source, tableName);
      // SQLite does not say of a primary key that it is never NULL.
      expect(
        layout?.columns.map((column) => [column.name, column.isNullable && !column.isPrimary]).sort(),
      ).toEqual(columns.map((column) => [column.databaseName, column.isNullable]).sort());
      const made = [...layout!.indexes, ...layout!.uniques.map((each) => `(${each})`)].map(unordered).join();
      for (const { columns } of [...indices, ...uniques]) {
        expect(made).toContain(unordered(`(${columns.map((column) => column.databaseName).join()})`));
      }
    }
  });

  it('leaves nothing of a fresh installation without rows', async () => {
    await migrateUp(source, '3.0.0');
    expect(await migrateDown(source)).toEqual([...NAMES].reverse());
    expect(await tableNames(source)).toEqual([]);
  });

  it("hands the original's table back when it is empty", async () => {
    await makeOriginal(source, 'until-1.6.2', []);
    const before = await layoutOf(source);
    await migrateUp(source);
    await migrateDown(source);
    expect(await tableNames(source)).toEqual(['tasks']);
    expect(await layoutOf(source)).toEqual(before);
  });

  it('writes down which version ran what, also beside rows without a version', async () => {
    await migrateUp(source);
    useMigrations([...MIGRATIONS, CreateNotes1900000000000]);
    expect(await migrateUp(source, '3.1.0')).toEqual([CreateNotes1900000000000.name]);
    expect(await listMigrationStates(source)).toEqual([
      ...NAMES.map((name) => ({ name, done: true })),
      { name: CreateNotes1900000000000.name, done: true, version: '3.1.0' },
    ]);
  });

  it('refuses to use or change what a newer version has migrated, and shows it', async () => {
    useMigrations([...MIGRATIONS, CreateNotes1900000000000]);
    await migrateUp(source, '3.1.0');
    useMigrations(MIGRATIONS);
    const before = await tableNames(source);
    const refusal = {
      name: 'Invalid',
      message: expect.stringMatching(/newer version .*3\.1\.0; CreateNotes/),
    };
    for (const work of [
      refuseNewerSchema,
      migrateUp,
      migrateDown,
      (each: DataSource) => migrateTo(each, '3.0.0'),
    ])
      await expect(work(source)).rejects.toMatchObject(refusal);
    expect(await tableNames(source)).toEqual(before);
    expect(await listMigrationStates(source)).toEqual([
      ...NAMES.map((name) => ({ name, done: true, version: '3.1.0' })),
      { name: CreateNotes1900000000000.name, done: true, version: '3.1.0', unknown: true },
    ]);
    // A service that runs goes on.
    expect(await findPendingMigrations(source)).toBeUndefined();
  });

  it('goes back to an earlier version of the program, with the rows', async () => {
    useMigrations([...MIGRATIONS, CreateNotes1900000000000]);
    await migrateUp(source, '3.1.0');
    await addTask(A, 7);
    expect(await migrateTo(source, '3.1.0')).toEqual([]);
    expect(await migrateTo(source, '3.0.5')).toEqual([CreateNotes1900000000000.name]);
    expect(await migrateTo(source, '3.0.0')).toEqual([]);
    useMigrations(MIGRATIONS);
    await refuseNewerSchema(source);
    expect(await findPendingMigrations(source)).toBeUndefined();
    expect(await tableNames(source)).toEqual(OURS);
    expect(await originalRows(source)).toEqual([[7, A, 0, null, null, null]]);
  });

  it.each([
    ['2.9.9', /no version before 3\.0\.0 .* migrate --down/],
    ['three', /not a version: three/],
  ])('does not go back to version %s', async (version, told) => {
    await migrateUp(source);
    await expect(migrateTo(source, version)).rejects.toThrow(told);
    expect(await tableNames(source)).toEqual(OURS);
  });

  it('hands a fresh installation to the original in its last layout, with the rows', async () => {
    await migrateUp(source);
    await addTask(A, 7);
    await addTask(B, null);

    expect(await migrateDown(source)).toEqual([...NAMES].reverse());

    expect(await tableNames(source)).toEqual(['tasks']);
    expect(await originalRows(source)).toEqual([
      [7, A, 0, null, null, null],
      [null, B, 0, null, null, null],
    ]);
    expect(await migrateDown(source)).toEqual([]);
  });

  it.each(GENERATIONS)(
    'takes over a table of %s with its rows, and hands back the same',
    async (generation) => {
      const { rows, followed, aside } = ORIGINALS[generation];
      await makeOriginal(source, generation, rows);
      const before = { rows: await originalRows(source), layout: await layoutOf(source) };

      await migrateUp(source);

      expect(await tableNames(source)).toEqual(OURS);
      expect(await originalRows(source)).toEqual(followed);
      expect(await originalRows(source, 'tasks_superseded')).toEqual(aside);
      expect(warn).toHaveBeenCalledWith(
        { rows: aside.length, table: 'tasks_superseded' },
        'rows of superseded runs were set aside; migrate --down restores them',
      );
      await expect(addTask(A, 99)).rejects.toThrow();

      await migrateDown(source);

      expect(await tableNames(source)).toEqual(['tasks']);
      expect({ rows: await originalRows(source), layout: await layoutOf(source) }).toEqual(before);

      await migrateUp(source);
      await migrateDown(source);
      expect({ rows: await originalRows(source), layout: await layoutOf(source) }).toEqual(before);
    },
  );

  it('reports every step, with what is done and what is left', async () => {
    const { rows, followed } = ORIGINALS['from-1.6.3'];
    await makeOriginal(source, 'from-1.6.3', rows);
    const steps: string[] = [];
    const report = ({ what, done, total }: MigrationStep) => void steps.push(`${done}/${total} ${what}`);
    const total = NAMES.length;
    const last = NAMES.at(-1)!;
    await migrateUp(source, '3.0.0', report);
    expect(steps.splice(0)).toEqual([
      `0/${total} waiting for other migrations to end`,
      ...NAMES.map((name, done) => `${done}/${total} migrating ${name}`),
      `${total - 1}/${total} migrating ${last}, copying ${rows.length} rows of tasks`,
    ]);
    await migrateTo(source, '3.0.0', report);
    expect(steps.splice(0)).toEqual([`0/${total} waiting for other migrations to end`]);
    await migrateDown(source, report);
    expect(steps).toEqual([
      `0/${total} waiting for other migrations to end`,
      `0/${total} reverting ${last}`,
      `0/${total} reverting ${last}, copying ${followed.length} rows of tasks back`,
      ...NAMES.toReversed()
        .slice(1)
        .map((name, index) => `${index + 1}/${total} reverting ${name}`),
    ]);
  });

  it('counts a row without a run as run 0', async () => {
    await makeOriginal(source, 'until-1.6.2', [[5, A, null, null, null, null]]);
    await migrateUp(source);
    expect(await originalRows(source)).toEqual([[5, A, 0, null, null, null]]);
    expect(warn).not.toHaveBeenCalled();
  });

  it('lets a row in use win over one kept aside', async () => {
    await makeOriginal(source, 'until-1.6.2', [
      [10, A, 0, null, null, null],
      [11, A, 1, null, null, null],
    ]);
    await migrateUp(source);
    await source.query(`DELETE FROM tasks`);
    await addTask(A, 10);
    await migrateDown(source);
    expect(await originalRows(source)).toEqual([[10, A, 0, null, null, null]]);
  });

  it.each([
    ['a task without a build request', [[B, null]], /1 of the tracked tasks have no build request/],
    [
      'two tasks of one build request',
      [
        [B, 9],
        [C, 9],
      ],
      /1 build requests belong to several/,
    ],
  ] as const)('does not hand back to 1.6.2 what it cannot hold: %s', async (_, tasks, message) => {
    await makeOriginal(source, 'until-1.6.2', ORIGINALS['until-1.6.2'].rows.slice(0, 1));
    await migrateUp(source);
    for (const [taskId, buildRequestId] of tasks) await addTask(taskId, buildRequestId);
    const before = await originalRows(source);

    await expect(migrateDown(source)).rejects.toThrow(Invalid);
    await expect(migrateDown(source)).rejects.toThrow(message);

    expect(await tableNames(source)).toEqual(OURS);
    expect(await originalRows(source)).toEqual(before);
    expect(await findPendingMigrations(source)).toBeUndefined();
  });

  it.each(['tasks', 'messages'])('leaves a foreign table %s alone', async (name) => {
    await source.query(`CREATE TABLE ${name} (colour VARCHAR(10))`);
    await expect(migrateUp(source)).rejects.toThrow(Invalid);
    const layout = await layoutOf(source, name);
    expect(layout?.columns.map((column) => column.name)).toEqual(['colour']);
  });

  it.each([
    ['buildrequests', "is Buildbot's scheduler database (buildrequests)"],
    ['accounts', 'holds 1 foreign table(s) (accounts)'],
  ])('changes nothing in a database with a table %s', async (name, what) => {
    await source.query(`CREATE TABLE ${name} (id INTEGER)`);
    const before = await tableNames(source);
    const refusal = {
      name: 'Invalid',
      message: expect.stringContaining(what),
    };
    await expect(migrateUp(source)).rejects.toMatchObject(refusal);
    await expect(findPendingMigrations(source)).rejects.toMatchObject(refusal);
    expect(await tableNames(source)).toEqual(before);
  });

  it('goes on in a database of its own that has got another table since', async () => {
    await migrateUp(source);
    await source.query('CREATE TABLE accounts (id INTEGER)');
    expect(await migrateUp(source)).toEqual([]);
    expect(await findPendingMigrations(source)).toBeUndefined();
  });

  it(
    'goes on after being cut off at any statement, there and back, or turns round',
    async () => {
      const { rows, followed } = ORIGINALS['until-1.6.2'];
      await makeOriginal(source, 'until-1.6.2', rows);
      const before = { rows: await originalRows(source), layout: await layoutOf(source) };
      // Where statements roll back together it does not matter much which one fails.
      const step = isFull ? (kind !== 'mysql' ? 5 : isWhole ? 1 : 2) : 15;
      let cuts = 0;
      for (let statement = 1, whole = false; !whole; statement += step) {
        whole = await cutOff(source, statement, migrateUp);
        await migrateUp(source);
        expect(await tableNames(source)).toEqual(OURS);
        expect(await originalRows(source)).toEqual(followed);
        if (!whole) cuts++;
        await migrateDown(source);
        expect({ rows: await originalRows(source), layout: await layoutOf(source) }).toEqual(before);
      }
      for (let statement = 1, whole = false; !whole; statement += step) {
        await migrateUp(source);
        whole = await cutOff(source, statement, migrateDown);
        await migrateDown(source);
        expect(await tableNames(source)).toEqual(['tasks']);
        expect({ rows: await originalRows(source), layout: await layoutOf(source) }).toEqual(before);
        if (!whole) cuts++;
      }
      for (let statement = 1, whole = false; !whole; statement += step) {
        await migrateUp(source);
        whole = await cutOff(source, statement, migrateDown);
        await migrateUp(source);
        expect(await findPendingMigrations(source)).toBeUndefined();
        expect(await originalRows(source)).toEqual(followed);
        await migrateDown(source);
        expect({ rows: await originalRows(source), layout: await layoutOf(source) }).toEqual(before);
      }
      expect(cuts * step).toBeGreaterThan(20);
    },
    CUTS_LIMIT,
  );

  it('lets several migrate at once: one does it, all succeed', async () => {
    await makeOriginal(source, 'from-1.6.3', ORIGINALS['from-1.6.3'].rows);
    const others = await Promise.all([1, 2, 3].map(() => connect(database.url)));
    try {
      const ran = await Promise.all([source, ...others].map((each) => migrateUp(each)));
      expect(ran.flat()).toEqual(NAMES);
      expect(await originalRows(source)).toEqual(ORIGINALS['from-1.6.3'].followed);
    } finally {
      await Promise.all(others.map((other) => other.destroy()));
    }
  });

  it('keeps an original usable after the way back', async () => {
    await makeOriginal(source, 'from-1.6.3', ORIGINALS['from-1.6.3'].rows);
    await migrateUp(source);
    await migrateDown(source);
    await insertOriginal(source, [null, B, 1, null, null, null]);
    await expect(insertOriginal(source, [null, B, 1, null, null, null])).rejects.toThrow();
  });
});

/** The columns of an index; TypeORM reads them back in no particular order. */
const unordered = (index: string) => `(${/\((.*)\)/.exec(index)![1]!.split(',').sort().join()})`;

/** Runs `work` and fails its n-th statement. True when it came through because it has fewer statements. */
async function cutOff(
  source: DataSource,
  n: number,
  work: (source: DataSource) => Promise<unknown>,
): Promise<boolean> {
  const make = jest.spyOn(source, 'createQueryRunner');
  const original = make.getMockImplementation() ?? Object.getPrototypeOf(source).createQueryRunner;
  let count = 0;
  let undo = () => {};
  make.mockImplementation((mode) => {
    const runner = original.call(source, mode);
    const query = runner.query;
    runner.query = (text: string, ...rest: []) => {
      const ending = /^(ROLLBACK|SELECT RELEASE_LOCK)/.test(text);
      if (!ending && ++count === n) return Promise.reject(new Error('cut off'));
      return query.call(runner, text, ...rest);
    };
    undo = () => {
      runner.query = query;
    };
    return runner;
  });
  try {
    await work(source);
    return true;
  } catch (error) {
    if ((error as Error).message !== 'cut off') throw error;
    return false;
  } finally {
    undo();
    make.mockRestore();
  }
}
