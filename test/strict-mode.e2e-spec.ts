import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createConnection } from 'mysql2/promise';
import { BridgeDb, migrateDatabase, listMigrationStates, withDataSource } from '@bbb/bridge-db';
import { runBridgeServices } from '@bbb/composition';
import { SchedulerDb } from '@bbb/scheduler-db';
import { reflector } from '../apps/reflector/src/start.js';
import { FakeProcess } from '../libs/platform/src/testing/fake-process.js';
import { Folder } from '../libs/platform/src/testing/folder.js';
import { LAST_LAYOUT, ROOT_URL } from '../libs/configuration/src/testing/layouts.js';
import { createDatabase } from './support/databases.js';
import { eventually } from './support/eventually.js';
import { TcpProxy } from './support/doubles/tcp-proxy.js';
import { installSchedulerSchema } from './support/scheduler-schema.js';
import { describeWhere, isReachable, SERVERS } from './support/servers.js';
import { useUndo } from './support/undo.js';

const LIMITS = { poolSize: 2, connectTimeout: 5 };

const WANTED_MODE = "SET SESSION sql_mode = 'STRICT_ALL_TABLES'";
const IGNORED = [WANTED_MODE, 'DO 1'] as const;
const REFUSED = [WANTED_MODE, "SET SESSION sql_mode = 'STRICT_NO_TABLES'"] as const;
/** Sends on another statement than the client's; lengths are part of the protocol, so they stay as they are. */
const replacing =
  ([text, other]: readonly [string, string]) =>
  (chunk: Buffer) =>
    Buffer.from(chunk.toString('latin1').replaceAll(text, other.padEnd(text.length)), 'latin1');

/** The connection is lost: the server may be shutting down. */
const CUT = [WANTED_MODE, 'KILL CONNECTION_ID()'] as const;

/** Nobody listens there. */
const AWAY = 'mysql://bridge:secret@127.0.0.1:1/bbb';

describeWhere(isReachable('mysql'))('a server of MySQL that is not to be made strict', () => {
  const undo = useUndo(afterEach);
  let proxy: TcpProxy;
  /** Of each setting: as it is, and through the proxy. */
  let direct: Record<'bbb_db' | 'buildbot_scheduler_db', string>;
  let through: typeof direct;

  beforeEach(async () => {
    const databases = [await createDatabase('mysql'), await createDatabase('mysql')] as const;
    undo.push(() => Promise.all(databases.map((database) => database.drop())));
    await installSchedulerSchema(databases[1], 6);
    await migrateDatabase(databases[0].url);
    proxy = await TcpProxy.start(SERVERS.mysql.url);
    undo.push(() => proxy.stop());
    const proxied = new URL(proxy.url);
    direct = { bbb_db: databases[0].url, buildbot_scheduler_db: databases[1].url };
    through = {
      bbb_db: Object.assign(new URL(direct.bbb_db), { host: proxied.host }).href,
      buildbot_scheduler_db: Object.assign(new URL(direct.buildbot_scheduler_db), { host: proxied.host })
        .href,
    };
  }, 60_000);

  async function start(urls: Partial<typeof direct>): Promise<FakeProcess> {
    const folder = new Folder();
    undo.push(() => folder.remove());
    const settings = { ...LAST_LAYOUT, ...direct, ...urls, reflector: { interval: 1000 } };
    const host = new FakeProcess(['node', 'main.js', '-c', folder.write('config.json', settings)], {
      TASKCLUSTER_ROOT_URL: ROOT_URL,
      BBB_HTTP_PORT: '0',
    });
    undo.push(() => host.emit('SIGTERM'));
    await runBridgeServices([reflector], host);
    return host;
  }

  describe.each(['bbb_db', 'buildbot_scheduler_db'] as const)('as %s', (setting) => {
    it.each([
      ['ignores the wanted mode', IGNORED, /stays at ".*STRICT_TRANS_TABLES/],
      ['refuses it', REFUSED, /answers ER_WRONG_VALUE_FOR_VAR/],
    ])('keeps a service from starting when it %s', async (_what, instead, reason) => {
      proxy.toServer = replacing(instead);
      const host = await start({ [setting]: through[setting] });
      expect(await host.exited).toBe(78);
      expect(host.stderr.text).toMatch(reason);
      expect(host.stderr.text).toMatch(
        new RegExp(`^${setting} \\(BBB_\\w+\\): .*SET SESSION sql_mode.*\\n$`),
      );
      expect(host.log.messages).not.toContain('service started');
    });

    it.each([
      ['cannot be reached', () => ({ [setting]: AWAY })],
      ['loses the connection meanwhile', () => ({ [setting]: through[setting] })],
    ])('is waited for when it %s', async (_what, urls) => {
      proxy.toServer = replacing(CUT);
      const host = await start(urls());
      expect(host.stderr.text).toBe('');
      expect(host.log.messages).toContain('service started');
      host.emit('SIGTERM');
      expect(await host.exited).toBe(0);
    });
  });

  it('keeps the commands from working, with the setting named', async () => {
    proxy.toServer = replacing(IGNORED);
    await expect(
      withDataSource({ url: through.bbb_db, asFound: true }, listMigrationStates),
    ).rejects.toMatchObject({
      name: 'NotStrict',
      message: expect.stringMatching(/^bbb_db /),
    });
  });

  it('gets no statement of the bridge on a new connection when it has changed', async () => {
    const db = new BridgeDb({ url: through.bbb_db, ...LIMITS });
    undo.push(() => db.close());
    await db.open();
    expect(await db.findProblem()).toBeUndefined();
    proxy.toServer = replacing(IGNORED);
    await endConnections();
    const insert = () =>
      db.run((source) => source.query("INSERT INTO tasks (taskId, runId) VALUES ('t', 0)"));
    for (let attempt = 0; attempt < 3; attempt++) {
      await expect(insert()).rejects.toMatchObject({ name: 'Unavailable' });
    }
    expect(await db.findProblem()).toMatch(/strict mode cannot be set/);
    proxy.toServer = (chunk) => chunk;
    await eventually(async () => expect(await db.findProblem()).toBeUndefined());
    expect(await db.run((source) => source.query('SELECT COUNT(*) AS rows_ FROM tasks'))).toEqual([
      { rows_: '0' },
    ]);
  });

  it('is not refused, but away, once the process runs', async () => {
    const db = new SchedulerDb({ url: through.buildbot_scheduler_db, ...LIMITS });
    undo.push(() => db.close());
    await db.onModuleInit();
    proxy.toServer = replacing(REFUSED);
    await endConnections();
    await expect(db.readSnapshots([1])).rejects.toMatchObject({
      name: 'Unavailable',
      system: 'scheduler-db',
    });
    proxy.toServer = (chunk) => chunk;
    await eventually(async () => expect(await db.findProblem()).toBeUndefined());
  });

  /** Of this test's databases. */
  async function endConnections(): Promise<void> {
    const connection = await createConnection(SERVERS.mysql.url);
    const names = Object.values(direct).map((url) => new URL(url).pathname.slice(1));
    const [rows] = await connection.query('SELECT id FROM information_schema.processlist WHERE db IN (?)', [
      names,
    ]);
    for (const { id } of rows as { id: number }[])
      await connection.query(`KILL ${id}`).catch(() => undefined);
    await connection.end();
  }
});
