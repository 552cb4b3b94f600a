import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { parseDatabaseUrl } from '@bbb/sql';
import type { DataSource } from 'typeorm';
import { createDatabase, describeDatabases, type TestDatabase } from '../../../test/support/databases.js';
import { installSchedulerSchema, openTestDatabase } from '../../../test/support/scheduler-schema.js';
import { describeSchedulerDbs } from '../../../test/support/scheduler-dbs.js';
import { SchedulerDb } from './scheduler-db.js';
import { TcpProxy } from '../../../test/support/doubles/tcp-proxy.js';
import { createRequestSpec } from '../../rules/src/testing/observations.js';

Logger.overrideLogger(false);

const REQUEST = createRequestSpec();
const wanted = async () => true;
const UNAVAILABLE = { name: 'Unavailable', system: 'scheduler-db' };

const opened: SchedulerDb[] = [];
const open = (url: string, lockTimeout = 10): SchedulerDb => {
  const db = new SchedulerDb({ url, poolSize: 3, connectTimeout: 5, lockTimeout });
  opened.push(db);
  return db;
};

afterEach(async () => {
  await Promise.all(opened.splice(0).map((db) => db.close()));
});

describeDatabases('SchedulerDb without its tables on %s', (kind) => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await createDatabase(kind);
  });
  afterEach(() => database.drop());

  it('is unavailable, and works once they are there', async () => {
    const db = open(database.url);
    await expect(db.create(REQUEST, wanted)).rejects.toMatchObject(UNAVAILABLE);
    await expect(db.readSnapshots([1])).rejects.toMatchObject(UNAVAILABLE);
    expect(await db.findProblem()).toEqual(expect.any(String));
    const target = parseDatabaseUrl(database.url);
    if (target.dialect === 'sqlite') expect(existsSync(target.file)).toBe(false);

    await installSchedulerSchema(database, 6);
    expect(await db.findProblem()).toBeUndefined();
    expect(await db.create(REQUEST, wanted)).toEqual(expect.any(Number));
  });

  if (kind === 'sqlite') {
    it('keeps a service from starting while there is no file, or one that is no database', async () => {
      const refusal = (reason: string) => ({
        name: 'Invalid',
        message: expect.stringMatching(new RegExp(`^buildbot_scheduler_db \\(BBB_\\w+\\): .*${reason}`)),
      });
      const { file } = parseDatabaseUrl(database.url) as { file: string };
      await expect(open(database.url).onModuleInit()).rejects.toMatchObject(refusal('there is no file'));
      expect(existsSync(file)).toBe(false);
      await writeFile(file, 'this is no database, '.repeat(100));
      await expect(open(database.url).onModuleInit()).rejects.toMatchObject(refusal('no SQLite database'));
      // Buildbot has made it and not filled it yet.
      await writeFile(file, '');
      await open(database.url).onModuleInit();
    });
  }

  it('names a schema that it does not know', async () => {
    await installSchedulerSchema(database, 24);
    const rows = await openTestDatabase(database);
    await rows.query('UPDATE migrate_version SET version = 55');
    await rows.destroy();
    await expect(open(database.url).find(REQUEST)).rejects.toThrow(/schema 55; supported are 6/);
  });
});

describe('SchedulerDb on the schemas in between', () => {
  const CLAIMS =
    'CREATE TABLE buildrequest_claims (brid INTEGER, objectid INTEGER, claimed_at INTEGER NOT NULL)';

  it.each<[number, 6 | 24, string[]]>([
    [8, 6, []],
    [
      14,
      6,
      [CLAIMS, 'DROP INDEX buildrequests_claimed_at', 'ALTER TABLE buildrequests DROP COLUMN claimed_at'],
    ],
    [21, 24, ['ALTER TABLE sourcestamps DROP COLUMN codebase']],
    [22, 24, []],
  ])('works on schema %s', async (number, base, changes) => {
    const database = await createDatabase('sqlite');
    await installSchedulerSchema(database, base);
    const rows = await openTestDatabase(database);
    for (const change of changes) await rows.query(change);
    if (base === 6) {
      await rows.query('DROP TABLE version');
      await rows.query(
        'CREATE TABLE migrate_version (repository_id TEXT, repository_path TEXT, version INTEGER)',
      );
      await rows.query(`INSERT INTO migrate_version VALUES ('Buildbot', 'db/migrate', 6)`);
    }
    await rows.query(`UPDATE migrate_version SET version = ${number}`);

    const db = open(database.url);
    const id = await db.create(REQUEST, wanted);
    expect(await db.find(REQUEST)).toBe(id);
    expect(await db.findCancellationTarget(id!)).toMatchObject({
      branch: REQUEST.branch,
      snapshot: { state: { at: 'waiting' } },
    });
    expect(await db.listMarkedOpenRequests(0, 10)).toMatchObject([
      { buildRequestId: id, createdForRunId: 0 },
    ]);
    await rows.destroy();
    await db.close();
    await database.drop();
  });
});

describe('SchedulerDb without a server', () => {
  it.each(['mysql', 'postgresql'])('is unavailable on %s, and says no secret', async (scheme) => {
    const db = open(`${scheme}://bridge:hunter2@127.0.0.1:1/scheduler`);
    await expect(db.find(REQUEST)).rejects.toMatchObject(UNAVAILABLE);
    expect(await db.findProblem()).toMatch(/ECONNREFUSED/);
    expect(await db.findProblem()).not.toMatch(/hunter2/);
  });

  it('starts, and logs what is wrong', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    await open('postgresql://bridge:hunter2@127.0.0.1:1/scheduler').onModuleInit();
    expect(warn.mock.calls).toEqual([
      [
        {
          setting: 'buildbot_scheduler_db (BBB_SCHEDULER_DB_URL)',
          reason: expect.stringContaining('ECONNREFUSED'),
        },
        'scheduler database cannot be used; it is tried again whenever it is needed',
      ],
    ]);
    warn.mockRestore();
  });

  it('refuses a URL that it cannot read', () => {
    expect(() => open('oracle://u@h/d')).toThrow(expect.objectContaining({ name: 'Invalid' }));
  });
});

describeSchedulerDbs('SchedulerDb in trouble on %s, schema %s %s', (kind, version, engine) => {
  let database: TestDatabase;
  let rows: DataSource;

  beforeEach(async () => {
    database = await createDatabase(kind);
    await installSchedulerSchema(database, version, engine ? { engine } : {});
    rows = await openTestDatabase(database);
  });
  afterEach(async () => {
    await rows.destroy();
    await database.drop();
  });
  const requests = async () => {
    const [row] = await rows.query('SELECT COUNT(*) AS n FROM buildrequests');
    return Number(row.n);
  };

  /** Somebody else is creating the request, and holds its lock until told to let it go. */
  async function holdLock() {
    let letGo = () => undefined as void;
    let asked = () => undefined as void;
    const isAsked = new Promise<void>((resolve) => (asked = resolve));
    const created = open(database.url).create(REQUEST, () => {
      asked();
      return new Promise((resolve) => (letGo = () => resolve(true)));
    });
    await isAsked;
    return { created, letGo };
  }

  it('does not wait for ever for a lock', async () => {
    const { created: slow, letGo } = await holdLock();
    await expect(open(database.url, 0.1).create(REQUEST, wanted)).rejects.toMatchObject(UNAVAILABLE);
    letGo();
    const id = await slow;
    expect(await open(database.url, 0.1).create(REQUEST, wanted)).toBe(id);
    expect(await requests()).toBe(1);
  });

  it('is ready, and writes nothing to find that out', async () => {
    expect(await open(database.url).findProblem()).toBeUndefined();
    expect(await requests()).toBe(0);
  });

  if (kind === 'postgres')
    it('is not ready while the server is read-only', async () => {
      const db = open(database.url);
      const name = new URL(database.url).pathname.slice(1);
      await rows.query(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
      expect(await db.findProblem()).toMatch(
        /^buildbot_scheduler_db \(BBB_SCHEDULER_DB_URL\): the server is read-only; .*25006/,
      );
      await expect(db.create(REQUEST, wanted)).rejects.toMatchObject(UNAVAILABLE);
      await rows.query(`ALTER DATABASE ${name} RESET default_transaction_read_only`);
      // The pool keeps no connection to a read-only server.
      expect(await db.findProblem()).toBeUndefined();
    });

  if (kind === 'sqlite') {
    it('leaves the journal mode of the file as it is', async () => {
      await open(database.url).create(REQUEST, wanted);
      expect(await rows.query('PRAGMA journal_mode')).toEqual([{ journal_mode: 'delete' }]);
    });

    it('waits for a master that writes, and gives up in time', async () => {
      const db = open(database.url, 0.1);
      await rows.query('BEGIN IMMEDIATE');
      await rows.query('DELETE FROM builds');
      await expect(db.create(REQUEST, wanted)).rejects.toMatchObject(UNAVAILABLE);
      expect(await db.readSnapshots([1])).toEqual(new Map());
      const patient = open(database.url).create(REQUEST, wanted);
      await rows.query('COMMIT');
      const id = await patient;
      expect(await db.create(REQUEST, wanted)).toBe(id);
    });
    return;
  }

  it('does not wait with many for one that is held elsewhere', async () => {
    const { created: slow, letGo } = await holdLock();
    const db = open(database.url);
    let settled = false;
    const held = db.create(REQUEST, wanted).finally(() => (settled = true));
    const others = ['a', 'b', 'c'].map((taskId) => db.create({ ...REQUEST, taskId }, wanted));
    expect(new Set(await Promise.all(others)).size).toBe(3);
    expect(settled).toBe(false);
    letGo();
    expect(await held).toBe(await slow);
    expect(await requests()).toBe(4);
  });

  it('makes the others when one of many has a value that does not fit', async () => {
    const db = open(database.url);
    const buildername = 'x'.repeat(300);
    const made = await Promise.allSettled(
      ['a', 'b', 'c'].map((taskId) =>
        db.create({ ...REQUEST, taskId, ...(taskId === 'b' ? { buildername } : {}) }, wanted),
      ),
    );
    expect(made).toMatchObject([
      { status: 'fulfilled', value: expect.any(Number) },
      { status: 'rejected', reason: { name: 'Invalid' } },
      { status: 'fulfilled', value: expect.any(Number) },
    ]);
    expect(await requests()).toBe(2);
  });

  it('calls a value that does not fit invalid, and makes no request of it', async () => {
    const db = open(database.url);
    const buildername = 'x'.repeat(300);
    await expect(db.create({ ...REQUEST, buildername }, wanted)).rejects.toMatchObject({ name: 'Invalid' });
    expect(await requests()).toBe(0);
    expect(await db.create(REQUEST, wanted)).toEqual(expect.any(Number));
  });

  it('calls a name that the character set cannot hold invalid, and makes the others', async () => {
    if (kind === 'mysql') {
      await rows.query(
        'ALTER TABLE buildrequests MODIFY buildername VARCHAR(256) CHARACTER SET utf8 NOT NULL',
      );
    }
    const db = open(database.url);
    // PostgreSQL's text holds every character but this one.
    const buildername = kind === 'mysql' ? 'fox 🦊' : 'fox \0';
    const made = await Promise.allSettled([
      db.create({ ...REQUEST, buildername }, wanted),
      db.create({ ...REQUEST, taskId: 'b' }, wanted),
    ]);
    expect(made).toMatchObject([
      { status: 'rejected', reason: { name: 'Invalid' } },
      { status: 'fulfilled', value: expect.any(Number) },
    ]);
    expect(await requests()).toBe(1);
  });

  it('survives the loss of its connections', async () => {
    const db = open(database.url);
    const cut = async () => {
      if (kind === 'postgres') {
        await rows.query(
          'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
        );
        return true;
      }
      const others = await rows.query(
        'SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()',
      );
      // The test's own pool may have idle connections; it makes new ones.
      for (const { id } of others) await rows.query(`KILL ${id}`).catch(() => undefined);
      return true;
    };
    await expect(db.create(REQUEST, cut)).rejects.toMatchObject(UNAVAILABLE);
    expect(await requests()).toBe(0);
    const id = await db.create(REQUEST, wanted);
    expect(await db.find(REQUEST)).toBe(id);
  });

  it('finds what was written when the answer to the commit is lost', async () => {
    const proxy = await TcpProxy.start(database.url);
    try {
      const db = open(proxy.url);
      proxy.loseNextAnswer(/COMMIT(?!TED)/);
      await expect(db.create(REQUEST, wanted)).rejects.toMatchObject(UNAVAILABLE);
      expect(await db.create(REQUEST, () => Promise.reject(new Error('asked')))).toEqual(expect.any(Number));
      expect(await requests()).toBe(1);
    } finally {
      await proxy.stop();
    }
  });

  it('does not wait for ever for a server that hangs', async () => {
    const proxy = await TcpProxy.start(database.url);
    try {
      const url = proxy.url;
      const db = new SchedulerDb({
        url,
        poolSize: 2,
        connectTimeout: 5,
        lockTimeout: 0.1,
        answerTimeout: 2,
      });
      opened.push(db);
      await db.find(REQUEST);
      proxy.stall();
      await expect(db.find(REQUEST)).rejects.toMatchObject({ ...UNAVAILABLE, message: 'ETIMEDOUT' });
    } finally {
      await proxy.stop();
    }
  });

  it('makes a request in few round trips', async () => {
    const proxy = await TcpProxy.start(database.url);
    try {
      const db = open(proxy.url);
      await db.create(REQUEST, wanted);
      proxy.sent = 0;
      await db.create({ ...REQUEST, createdForRunId: 1 }, wanted);
      expect(proxy.sent).toBeLessThanOrEqual(kind === 'mysql' ? 2 : 4);

      proxy.sent = 0;
      const many = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];
      await Promise.all(many.map((taskId) => db.create({ ...REQUEST, taskId }, wanted)));
      expect(proxy.sent).toBeLessThanOrEqual(kind === 'mysql' ? 2 : 5);
    } finally {
      await proxy.stop();
    }
  });
});
