import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import libsql from 'libsql';
import { DataSource } from 'typeorm';
import { Invalid, Unavailable } from '@bbb/rules';
import { Logger } from '@nestjs/common';
import { createDatabase, describeDatabases, type TestDatabase } from '../../../test/support/databases.js';
import { runMessages, runMigrate } from './command-line.js';
import { MessageStoreSql } from './messages/message-store-sql.js';
import { MigrationsPending } from './migrate.js';
import { TcpProxy } from '../../../test/support/doubles/tcp-proxy.js';
import { openMigrated } from './testing/open-migrated.js';

const DONE =
  '[X] CreateTurns1794999999999\n[X] CreateMessages1795000000000\n[X] TakeOverTasks1795000000001\n';

describeDatabases('command line on %s', (kind) => {
  let database: TestDatabase;
  let output: string;
  const write = jest.spyOn(process.stdout, 'write');
  jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
  jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);

  beforeEach(async () => {
    database = await createDatabase(kind);
    output = '';
    write.mockImplementation((text) => {
      output += String(text);
      return true;
    });
  });

  afterEach(async () => {
    write.mockReset();
    await database.drop();
  });

  const said = async (work: Promise<unknown>) => {
    output = '';
    const result = await work;
    return { result, output };
  };

  it('migrates there and back, and shows where it is', async () => {
    const { url } = database;
    if (kind === 'sqlite') await writeFile(fileOf(url), '');
    expect((await said(runMigrate(url, 'show'))).output).toBe(DONE.replaceAll('X', ' '));
    expect((await said(runMigrate(url, 'up'))).output).toBe(
      'migrated: CreateTurns1794999999999\nmigrated: CreateMessages1795000000000\nmigrated: TakeOverTasks1795000000001\n',
    );
    expect((await said(runMigrate(url, 'show'))).output).toBe(DONE);
    expect((await said(runMigrate(url, 'up'))).output).toBe('nothing to migrate\n');
    expect((await said(runMigrate(url, 'down'))).output).toBe(
      'reverted: TakeOverTasks1795000000001\nreverted: CreateMessages1795000000000\nreverted: CreateTurns1794999999999\n',
    );
    expect((await said(runMigrate(url, 'down'))).output).toBe('nothing to revert\n');
  });

  it('lists, replays and drops messages', async () => {
    const db = await openMigrated(database.url);
    const store = new MessageStoreSql(db, { now: () => 1_795_000_000.5 });
    const message = { subscription: 'task-pending', exchange: 'e', routingKey: 'primary.x', body: '{}' };
    await store.quarantine(message, 'bad\n\u001b[31mpayload');
    await store.park(message, 'x'.repeat(200), 1_795_000_060);
    const [bad, later] = (await store.list()).map(({ id }) => id);
    await db.close();

    const { url } = database;
    expect(await said(runMessages(url, 'list'))).toEqual({
      result: 0,
      output:
        'id  state        subscription  attempts  received              next attempt          routing key  error\n' +
        `${bad}   quarantined  task-pending  1         2026-11-18T11:06:40Z  -                     primary.x    bad [31mpayload\n` +
        `${later}   parked       task-pending  1         2026-11-18T11:06:40Z  2026-11-18T11:07:40Z  primary.x    ${'x'.repeat(99)}…\n` +
        '1 parked, 1 quarantined\n',
    });
    expect(await said(runMessages(url, 'replay', bad))).toEqual({
      result: 0,
      output: `message ${bad} is due now\n`,
    });
    expect(await said(runMessages(url, 'drop', later))).toEqual({
      result: 0,
      output: `message ${later} is dropped\n`,
    });
    expect(await said(runMessages(url, 'drop', later))).toEqual({
      result: 1,
      output: `there is no message ${later}\n`,
    });
    expect((await said(runMessages(url, 'replay'))).result).toBe(2);
    expect((await said(runMessages(url, 'list'))).output).toMatch(/parked.*\n1 parked, 0 quarantined\n$/);
  });

  it('leaves to migrate and the services what has to be migrated', async () => {
    const { url } = database;
    await runMigrate(url, 'up');
    await runMigrate(url, 'down');
    await expect(runMessages(url, 'list')).rejects.toThrow(MigrationsPending);
    expect((await said(runMigrate(url, 'show'))).output).toBe(DONE.replaceAll('X', ' '));
  });

  it('refuses what it cannot use', async () => {
    await expect(runMigrate('nonsense', 'up')).rejects.toThrow(Invalid);
    if (kind === 'sqlite') return;
    const shut = await TcpProxy.start(database.url);
    await shut.refuse();
    const { url } = shut;
    await expect(runMigrate(url, 'up')).rejects.toThrow(Unavailable);
    await expect(runMessages(url, 'list')).rejects.toThrow(Unavailable);
    await shut.stop();
  });
});

describe('command line on a SQLite file', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await createDatabase('sqlite');
  });
  afterEach(() => database.drop());

  it('makes one only to migrate it', async () => {
    const { url } = database;
    const file = fileOf(url);
    for (const work of [
      () => runMigrate(url, 'show'),
      () => runMigrate(url, 'down'),
      () => runMessages(url, 'list'),
      () => runMessages(url, 'drop', 1),
    ]) {
      await expect(work()).rejects.toMatchObject({
        name: 'Invalid',
        message: `bbb_db (BBB_BRIDGE_DB_URL): there is no file ${file}; correct the path in the URL`,
      });
      expect(existsSync(file)).toBe(false);
    }
  });

  it('shows the original bridge’s without changing it', async () => {
    const { url } = database;
    const file = fileOf(url);
    const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    const old = new DataSource({ type: 'better-sqlite3', driver: libsql, database: file });
    await old.initialize();
    await old.query('CREATE TABLE tasks (id INTEGER)');
    await old.destroy();
    const before = await readFile(file);
    await runMigrate(url, 'show');
    await expect(runMessages(url, 'list')).rejects.toThrow(MigrationsPending);
    expect(await readFile(file)).toEqual(before);
    write.mockRestore();
  });
});

const fileOf = (url: string) => url.replace('sqlite:///', '');
