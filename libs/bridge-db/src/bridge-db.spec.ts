import { existsSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Clock, Invalid, MessageStore, TaskStore, Unavailable } from '@bbb/rules';
import { Global, Logger, Module } from '@nestjs/common';
import { parseDatabaseUrl } from '@bbb/sql';
import { Test } from '@nestjs/testing';
import { createDatabase, describeDatabases, type TestDatabase } from '../../../test/support/databases.js';
import { BridgeDb } from './bridge-db.js';
import { BridgeDbModule } from './bridge-db.module.js';
import { KeptMessages } from './messages/kept-messages.js';
import { withDataSource } from './with-data-source.js';
import { migrateDown, migrateUp, listMigrationStates, MigrationsPending } from './migrate.js';
import { TaskStoreSql } from './tasks/task-store-sql.js';
import { ManualClock } from '../../../test/support/doubles/manual-clock.js';
import { TcpProxy } from '../../../test/support/doubles/tcp-proxy.js';
import { connect, makeOriginal, originalRows } from './testing/original.js';

const PAUSES = { first: 0.01, most: 0.02 };
const limits = { poolSize: 3, connectTimeout: 5 };

describeDatabases('BridgeDb on %s', (kind) => {
  let database: TestDatabase;
  const opened: BridgeDb[] = [];
  const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  const error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
  const log = jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);

  beforeEach(async () => {
    [warn, error, log].forEach((each) => each.mockClear());
    database = await createDatabase(kind);
  });

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((db) => db.close()));
    await database.drop();
  });

  const bridgeDb = (url = database.url) => {
    const db = new BridgeDb({ url, ...limits }, PAUSES);
    opened.push(db);
    return db;
  };

  const openMigrated = async (
    work: (source: Awaited<ReturnType<typeof connect>>) => Promise<unknown> = migrateUp,
  ) => {
    const source = await connect(database.url);
    await work(source).finally(() => source.destroy());
  };

  if (kind !== 'sqlite')
    it('is not available where a server says nothing, to nobody for ever', async () => {
      await openMigrated();
      const db = new BridgeDb({ url: database.url, ...limits, answerTimeout: 2 }, PAUSES);
      opened.push(db);
      await db.open();
      const silent = kind === 'mysql' ? 'SELECT SLEEP(30)' : 'SELECT pg_sleep(30)';
      const asked = db.run((source) => source.query(silent));
      await expect(asked).rejects.toMatchObject({ name: 'Unavailable', message: 'ETIMEDOUT' });
      expect(await db.findProblem()).toBeUndefined();
    });

  it('is not available before it is opened and after it is closed', async () => {
    const db = bridgeDb();
    expect(await db.findProblem()).toBe('not opened');
    await expect(db.run(async () => 1)).rejects.toThrow(Unavailable);
    await db.close();
    await db.close();
    expect(await db.findProblem()).toBe('closed');
    await expect(db.run(async () => 1)).rejects.toThrow(Unavailable);
  });

  it('is available once it is migrated and opened', async () => {
    await openMigrated();
    const db = bridgeDb();
    await db.open();
    expect(await db.findProblem()).toBeUndefined();
    expect(await db.run(async (source) => source.options.type)).toBe(
      kind === 'sqlite' ? 'better-sqlite3' : kind,
    );
  });

  it('does not use a schema that was taken back meanwhile', async () => {
    await openMigrated();
    const db = bridgeDb();
    await db.open();
    await openMigrated(migrateDown);
    expect(await db.findProblem()).toMatch(/buildbot-bridge migrate/);
    await expect(new TaskStoreSql(db).get('A')).rejects.toThrow(Unavailable);
    await openMigrated();
    expect(await db.findProblem()).toBeUndefined();
    expect(await new TaskStoreSql(db).get('A')).toBeUndefined();
  });

  it('does not use what a newer version has migrated, and goes on where it is in use', async () => {
    await openMigrated();
    const running = bridgeDb();
    await running.open();
    const insert = (source: Awaited<ReturnType<typeof connect>>) =>
      source.query(
        `INSERT INTO bridge_migrations (timestamp, name) VALUES (1900000000000, 'Later1900000000000')`,
      );
    await openMigrated(insert);
    expect(await running.findProblem()).toBeUndefined();
    await expect(bridgeDb().open()).rejects.toMatchObject({
      name: 'Invalid',
      message: expect.stringMatching(/^bbb_db .*newer version .*Later1900000000000/),
    });
  });

  if (kind === 'sqlite')
    it('notices that its file is removed or replaced, and goes on with the file that is put there', async () => {
      const { file } = parseDatabaseUrl(database.url) as { file: string };
      const db = bridgeDb();
      await db.open();
      const tasks = new TaskStoreSql(db);
      const copy = `${file}-copy`;
      await db.run((source) => source.query(`VACUUM INTO '${copy}'`));

      await rm(file);
      const told = `the SQLite file ${file} was removed or replaced while it was in use; put it back`;
      await expect(tasks.get('A')).rejects.toThrow(told);
      expect(error).toHaveBeenCalledWith(
        { reason: told, retryIn: PAUSES.first },
        'bridge database cannot be used; will retry',
      );
      await waitUntil(() => warn.mock.calls.length > 0);
      expect(await db.findProblem()).toContain(`there is no file ${file}`);
      // It is not created: an empty database would look as if nothing was bridged.
      expect(existsSync(file)).toBe(false);

      await rename(copy, file);
      await waitUntil(async () => (await db.findProblem()) === undefined);
      expect(await tasks.get('A')).toBeUndefined();
    });

  it('lets our own mistakes through', async () => {
    await openMigrated();
    const db = bridgeDb();
    await db.open();
    await expect(db.run((source) => source.query('SELECT nothing FROM tasks'))).rejects.not.toThrow(
      Unavailable,
    );
  });

  it('goes into a Nest application', async () => {
    await openMigrated();
    @Global()
    @Module({ providers: [{ provide: Clock, useValue: new ManualClock(1_795_000_000) }], exports: [Clock] })
    class ClockModule {}
    const app = await Test.createTestingModule({
      imports: [ClockModule, BridgeDbModule.register({ url: database.url, ...limits })],
    }).compile();
    await app.init();
    const message = { subscription: 's', exchange: 'e', routingKey: 'r', body: 'b' };
    await app.get(MessageStore).quarantine(message, 'poison');
    await app.get(TaskStore).track({ taskId: 'A', runId: 0, createdDate: null });

    expect(await new KeptMessages(app.get(BridgeDb)).list({})).toMatchObject([
      { ...message, receivedAt: 1_795_000_000 },
    ]);
    expect(await app.get(BridgeDb).findProblem()).toBeUndefined();
    const db = app.get(BridgeDb);
    await app.close();
    expect(await db.findProblem()).toBe('closed');
  });

  if (kind === 'sqlite') {
    it('takes over a SQLite file by itself, whoever comes first', async () => {
      await openMigrated((source) => makeOriginal(source, 'until-1.6.2', [[1, 'A', 0, null, null, null]]));
      const dbs = [bridgeDb(), bridgeDb(), bridgeDb()];
      await Promise.all(dbs.map((db) => db.open()));
      for (const db of dbs) expect(await db.findProblem()).toBeUndefined();
      expect(await dbs[0]!.run((source) => originalRows(source))).toEqual([[1, 'A', 0, null, null, null]]);
    });

    it('refuses a foreign database, and a URL that is none', async () => {
      await openMigrated((source) => source.query('CREATE TABLE tasks (colour TEXT)'));
      await expect(bridgeDb().open()).rejects.toThrow(Invalid);
      await expect(bridgeDb('bbb.db').open()).rejects.toThrow(Invalid);
    });

    it('refuses a file whose folder is missing, and one that is no database', async () => {
      const file = parseDatabaseUrl(database.url) as { file: string };
      const missing = `${file.file}.d`;
      await writeFile(file.file, 'this is no database, '.repeat(100));
      const setting = 'bbb_db \\(BBB_BRIDGE_DB_URL\\): ';
      const refusal = (reason: string) => ({
        name: 'Invalid',
        message: expect.stringMatching(`^${setting}${reason}`),
      });
      for (const [url, reason, shown] of [
        [
          `sqlite:///${missing}/test.db`,
          `there is no folder ${missing} `,
          `there is no file ${missing}/test.db`,
        ],
        [database.url, `${file.file} is no SQLite database`, `${file.file} is no SQLite database`],
      ] as const) {
        await expect(bridgeDb(url).open()).rejects.toMatchObject(refusal(reason));
        await expect(withDataSource({ url, asFound: true }, listMigrationStates)).rejects.toMatchObject(
          refusal(shown),
        );
      }
      expect(existsSync(missing)).toBe(false);
    });

    it('waits for a locked file without blocking its owner', async () => {
      const db = bridgeDb();
      await db.open();
      const owner = await connect(database.url);
      await owner.query('BEGIN IMMEDIATE');
      const tracking = new TaskStoreSql(db).track({ taskId: 'A', runId: 0, createdDate: null });
      await sleep(30);
      await owner.query('COMMIT');
      expect((await tracking).created).toBe(true);
      await owner.destroy();
    });
    return;
  }

  it('asks for the migration, by its command', async () => {
    const db = bridgeDb();
    await expect(db.open()).rejects.toThrow(MigrationsPending);
    expect(await db.findProblem()).toMatch(/6 migration.*`buildbot-bridge migrate`.*`npm run migrate`/);
  });

  it('starts without the database, and goes on when it comes, then when it is migrated', async () => {
    const proxy = await TcpProxy.start(database.url);
    await proxy.refuse();
    const db = bridgeDb(proxy.url);
    await db.open();
    expect(await db.findProblem()).toEqual(expect.any(String));
    await expect(new TaskStoreSql(db).get('A')).rejects.toThrow(Unavailable);
    await waitUntil(() => warn.mock.calls.length >= 2);
    expect(warn).toHaveBeenCalledWith(
      { reason: expect.any(String), retryIn: PAUSES.first },
      'bridge database unavailable; will retry',
    );
    expect(error).not.toHaveBeenCalled();

    await proxy.recover();
    await waitUntil(() => error.mock.calls.length >= 1);
    expect(await db.findProblem()).toMatch(/buildbot-bridge migrate/);
    await expect(new TaskStoreSql(db).get('A')).rejects.toThrow(/buildbot-bridge migrate/);

    await openMigrated();
    await waitUntil(async () => (await db.findProblem()) === undefined);
    expect(await new TaskStoreSql(db).get('A')).toBeUndefined();
    await db.close();
    await proxy.stop();
  });

  it('stops trying when it is closed', async () => {
    const proxy = await TcpProxy.start(database.url);
    await proxy.refuse();
    const db = bridgeDb(proxy.url);
    await db.open();
    await db.close();
    await proxy.recover();
    await sleep(100);
    expect(proxy.accepted).toBe(0);
    await proxy.stop();
  });

  it('gets over lost connections and a database that was away', async () => {
    await openMigrated();
    const proxy = await TcpProxy.start(database.url);
    const db = bridgeDb(proxy.url);
    await db.open();
    const store = new TaskStoreSql(db);
    await Promise.all(['A', 'B', 'C'].map((taskId) => store.track({ taskId, runId: 0, createdDate: null })));

    await proxy.refuse();
    const answers = await Promise.allSettled(['A', 'B', 'C', 'D'].map((taskId) => store.get(taskId)));
    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 'rejected', reason: { name: 'Unavailable' } });
    }
    expect(await db.findProblem()).toEqual(expect.any(String));

    await proxy.recover();
    await waitUntil(async () => (await db.findProblem()) === undefined);
    expect((await store.get('A'))?.taskId).toBe('A');
    await db.close();
    await proxy.stop();
  });

  it('gets over connections that the server ends', async () => {
    await openMigrated();
    const db = bridgeDb();
    await db.open();
    const store = new TaskStoreSql(db);
    await Promise.all(['A', 'B', 'C'].map((taskId) => store.track({ taskId, runId: 0, createdDate: null })));

    await openMigrated(async (source) => {
      const { list, kill } =
        kind === 'postgres'
          ? {
              list: 'SELECT pid AS id FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
              kill: (id: number) => `SELECT pg_terminate_backend(${id})`,
            }
          : {
              list: 'SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()',
              kill: (id: number) => `KILL ${id}`,
            };
      const connections = await source.query<{ id: number }[]>(list);
      expect(connections.length).toBeGreaterThan(0);
      for (const { id } of connections) await source.query(kill(Number(id)));
    });

    await waitUntil(async () => (await db.findProblem()) === undefined);
    expect((await store.get('A'))?.taskId).toBe('A');
  });
});

/** Polls a condition that another party brings about; Jest's time limit ends it. */
async function waitUntil(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(5);
}
