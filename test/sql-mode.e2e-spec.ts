import { beforeAll, expect, it } from '@jest/globals';
import { createConnection } from 'mysql2/promise';
import { BridgeDb, createDataSource, KeptMessages, MessageStoreSql, migrateUp } from '@bbb/bridge-db';
import { SchedulerDb } from '@bbb/scheduler-db';
import { openStrict } from '@bbb/sql';
import { OwnMariadb } from './support/own-mariadb.js';
import { installSchedulerSchema } from './support/scheduler-schema.js';
import { canStart, describeWhere } from './support/servers.js';
import { useUndo } from './support/undo.js';
import { createRequestSpec } from '../libs/rules/src/testing/observations.js';

const LIMITS = { poolSize: 3, connectTimeout: 10 };

const REQUEST = createRequestSpec();

/** Text that would end its quotes where backslashes escape nothing. */
const HOSTILE = `\\' OR 1=1; -- " \\" '' \\`;

// Both were defaults of servers that are still in use, or can be set by whoever runs one.
describeWhere(canStart('mariadb')).each(['', 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES'])(
  'a server whose SQL mode is "%s"',
  (mode) => {
    let server: OwnMariadb;
    let schedulerUrl: string;
    let bridgeUrl: string;
    const undo = useUndo();

    beforeAll(async () => {
      server = await OwnMariadb.start(`--sql-mode=${mode}`);
      undo.push(() => server.stop());
      schedulerUrl = await server.createDatabase('scheduler');
      bridgeUrl = await server.createDatabase('bridge');
      // The shipped statements quote as the default mode wants it.
      await runOnServer("SET GLOBAL sql_mode = ''");
      await installSchedulerSchema({ kind: 'mysql', url: schedulerUrl, drop: async () => undefined }, 6);
      await runOnServer(`SET GLOBAL sql_mode = '${mode}'`);
    }, 60_000);

    async function runOnServer(statement: string): Promise<Record<string, unknown>[]> {
      const connection = await createConnection(server.url('mysql'));
      const [rows] = await connection.query(statement);
      await connection.end();
      return rows as Record<string, unknown>[];
    }

    it('is what the test wants it to be', async () => {
      expect(await runOnServer('SELECT @@GLOBAL.sql_mode AS mode')).toEqual([
        { mode: mode.split(',').reverse().join(',') },
      ]);
    });

    it('is overruled on every connection of a pool', async () => {
      const source = await openStrict(createDataSource({ url: bridgeUrl, ...LIMITS }));
      try {
        const runners = await Promise.all(
          Array.from({ length: LIMITS.poolSize }, async () => {
            const runner = source.createQueryRunner();
            await runner.connect();
            return runner;
          }),
        );
        const modes = await Promise.all(
          runners.map((runner) => runner.query('SELECT @@SESSION.sql_mode AS mode')),
        );
        expect(modes).toEqual(Array.from({ length: LIMITS.poolSize }, () => [{ mode: 'STRICT_ALL_TABLES' }]));
        await Promise.all(runners.map((runner) => runner.release()));
      } finally {
        await source.destroy();
      }
    });

    it('cuts nothing in the scheduler database: the order is refused', async () => {
      const scheduler = new SchedulerDb({ url: schedulerUrl, ...LIMITS });
      try {
        const tooLong = { ...REQUEST, properties: { product: 'x'.repeat(1100) } };
        await expect(scheduler.create(tooLong, async () => true)).rejects.toThrow(/rejects a value/);
        expect(await scheduler.find(REQUEST)).toBeUndefined();
        const hostile = { ...REQUEST, buildername: HOSTILE, properties: { product: HOSTILE } };
        const id = await scheduler.create(hostile, async () => true);
        expect((await scheduler.readSnapshots([id!])).get(id!)).toMatchObject({ buildername: HOSTILE });
      } finally {
        await scheduler.close();
      }
    });

    it('reads a kept message as it was meant', async () => {
      const source = await openStrict(createDataSource({ url: bridgeUrl, ...LIMITS }));
      await migrateUp(source).finally(() => source.destroy());
      const db = new BridgeDb({ url: bridgeUrl, ...LIMITS });
      await db.open();
      try {
        const store = new MessageStoreSql(db, { now: () => 1 });
        await store.quarantine(
          { subscription: 's', exchange: 'e', routingKey: HOSTILE, body: HOSTILE },
          HOSTILE,
        );
        expect(await new KeptMessages(db).list({})).toMatchObject([
          { routingKey: HOSTILE, body: HOSTILE, error: HOSTILE },
        ]);
      } finally {
        await db.close();
      }
    });
  },
);
