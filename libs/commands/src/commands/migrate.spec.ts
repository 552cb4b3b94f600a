import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import libsql from 'libsql';
import { DataSource } from 'typeorm';
import { createDatabase, describeDatabases, type TestDatabase } from '../../../../test/support/databases.js';
import { eventually } from '../../../../test/support/eventually.js';
import { withMigrationLock } from '../../../bridge-db/src/migration-lock.js';
import { closedDoor } from '../testing/closed-door.js';
import { withDataSource } from '@bbb/bridge-db';
import { readPackageVersion } from '../program/package-version.js';
import { type Recorded, record, recordInto, recordJson } from '../testing/recording-host.js';
import { useDatabase } from '../testing/use-database.js';

const NAMES = [
  'CreateWalks1794999999996',
  'CreateOperation1794999999997',
  'CreatePasses1794999999998',
  'CreateTurns1794999999999',
  'CreateMessages1795000000000',
  'TakeOverTasks1795000000001',
];
const lines = (prefix: string, names = NAMES) => names.map((name) => `${prefix}${name}\n`).join('');
const toPath = (url: string) => url.replace('sqlite:///', '');

describeDatabases('migrate on %s', (kind) => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await createDatabase(kind);
    if (kind === 'sqlite') await writeFile(toPath(database.url), '');
    useDatabase(database.url);
  });
  afterEach(() => database.drop());

  it('migrates and reverts, and shows the state', async () => {
    const printed = (stdout: string) => ({ code: 0, stdout, stderr: '' });
    expect(await record('migrate', '--show')).toEqual(printed(lines('[ ] ')));
    expect(await record('migrate')).toEqual(printed(lines('migrated: ')));
    expect(await record('migrate', '--show')).toEqual(
      printed(NAMES.map((name) => `[X] ${name} (by version ${readPackageVersion()})\n`).join('')),
    );
    expect(await record('migrate')).toEqual(printed('nothing to migrate\n'));
    expect(await record('migrate', '--down')).toEqual(printed(lines('reverted: ', NAMES.toReversed())));
    expect(await record('migrate', '--down')).toEqual(printed('nothing to revert\n'));
  });

  it('shows on standard error what long work is doing, unless it is to be quiet', async () => {
    const loud: Recorded = { code: undefined, stdout: '', stderr: '' };
    const quiet: Recorded = { ...loud };
    const work = await withDataSource({ url: database.url, asFound: false }, (source) =>
      withMigrationLock(source, async () => {
        const running = [recordInto(loud, 'migrate'), recordInto(quiet, '--quiet', 'migrate')];
        await eventually(() => expect(loud.stderr).not.toBe(''));
        return running;
      }),
    );
    await Promise.all(work);
    const [first, ...later] = loud.stderr.trim().split('\n');
    expect(first).toMatch(/^0 of 6, \d+ s: waiting for other migrations to end$/);
    expect(later.every((line) => /^\d of \d, \d+ s: /.test(line))).toBe(true);
    expect([loud.code, quiet]).toEqual([0, expect.objectContaining({ code: 0, stderr: '' })]);
  });

  it('prints JSON', async () => {
    expect(await recordJson('migrate', '--json')).toEqual({ code: 0, json: { migrated: NAMES } });
    expect(await recordJson('migrate', '--show', '--json')).toMatchObject({
      json: { migrations: NAMES.map((name) => ({ name, done: true })) },
    });
    expect(await recordJson('migrate', '--down', '--json')).toMatchObject({
      json: { reverted: NAMES.toReversed() },
    });
  });

  it('rejects a database of a newer version, shows it, and says how to revert', async () => {
    await record('migrate');
    const url = database.url;
    await withDataSource({ url, asFound: true }, (source) =>
      source.query(
        `INSERT INTO bridge_migrations (timestamp, name, version) VALUES (1900000000000, 'Later1', '4.0.0')`,
      ),
    );
    expect((await record('migrate', '--show')).stdout).toContain(
      '\n[?] Later1 (by version 4.0.0): unknown to this version\n',
    );
    for (const args of [
      ['migrate'],
      ['migrate', '--down'],
      ['migrate', '--to', '3.0.0'],
      ['messages', 'list'],
    ])
      expect(await record(...args)).toMatchObject({
        code: 78,
        stderr: expect.stringMatching(/newer version .*4\.0\.0; Later1.*migrate --to VERSION/),
      });
  });

  it('reverts to an earlier version of the program, if there is something to revert', async () => {
    await record('migrate');
    expect(await record('migrate', '--to', '3.0.0')).toMatchObject({
      code: 0,
      stdout: 'nothing to revert\n',
    });
    expect(await record('migrate', '--to', '2.0.0')).toMatchObject({
      code: 78,
      stderr: expect.stringContaining('migrate --down'),
    });
    expect(await record('migrate', '--to', '3.0.0', '--down')).toMatchObject({ code: 64 });
  });

  it('ends with 1 when there is no database', async () => {
    if (kind === 'sqlite') return;
    const door = await closedDoor(database.url);
    useDatabase(door);
    for (const args of [['migrate'], ['migrate', '--show'], ['messages', 'list']])
      expect(await record(...args)).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/^bridge database unavailable: \S/),
      });
  });
});

describe('migrate', () => {
  it('ends with 78 and the setting for an invalid URL', async () => {
    useDatabase('nonsense');
    const { code, stderr } = await record('migrate');
    expect(code).toBe(78);
    expect(stderr).toContain('BBB_BRIDGE_DB_URL');
  });
});

describe('migrate on a SQLite file', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await createDatabase('sqlite');
    useDatabase(database.url);
  });
  afterEach(() => database.drop());

  it.each([
    [['migrate', '--show']],
    [['migrate', '--down']],
    [['messages', 'list']],
    [['messages', 'drop', '1']],
  ])('creates none unless it migrates: %j', async (args) => {
    const file = toPath(database.url);
    expect(await record(...args)).toEqual({
      code: 78,
      stdout: '',
      stderr: `bbb_db (BBB_BRIDGE_DB_URL): there is no file ${file}; correct the path in the URL\n`,
    });
    expect(existsSync(file)).toBe(false);
  });

  it("shows the original bridge's without changing it", async () => {
    const file = toPath(database.url);
    const old = new DataSource({ type: 'better-sqlite3', driver: libsql, database: file });
    await old.initialize();
    await old.query('CREATE TABLE tasks (id INTEGER)');
    await old.destroy();
    const before = await readFile(file);
    expect(await record('migrate', '--show')).toMatchObject({ code: 0 });
    expect(await record('messages', 'list')).toMatchObject({
      code: 78,
      stderr: expect.stringContaining('buildbot-bridge migrate'),
    });
    expect(await readFile(file)).toEqual(before);
  });
});
