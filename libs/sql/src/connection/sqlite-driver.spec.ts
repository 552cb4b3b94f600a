import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadSqliteDriver, type SqliteConnection } from './sqlite-driver.js';

describe('a connection to a SQLite file', () => {
  const Driver = loadSqliteDriver() as new (file: string) => SqliteConnection & { close(): void };
  let folder: string;
  let mine: InstanceType<typeof Driver>;
  let other: InstanceType<typeof Driver>;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bbb-driver-'));
    const file = join(folder, 'a.db');
    [mine, other] = [new Driver(file), new Driver(file)];
    for (const connection of [mine, other]) connection.pragma('busy_timeout = 5');
    mine.pragma('journal_mode = WAL');
    mine.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER)');
    mine.exec('INSERT INTO t VALUES (1, 0), (2, 0)');
  });

  afterEach(() => {
    mine.close();
    other.close();
    rmSync(folder, { recursive: true });
  });

  it.each<[string, string, 'run' | 'all']>([
    ['a write', 'UPDATE t SET v = v + 1 WHERE id = 1', 'run'],
    ['a write that returns rows', 'UPDATE t SET v = v + 1 WHERE id = 1 RETURNING id', 'all'],
  ])('commits writes at once after %s found the file locked', (_, sql, method) => {
    other.exec('BEGIN IMMEDIATE');
    const refused = mine.prepare(sql);
    expect(() => refused[method]()).toThrow(expect.objectContaining({ code: 'SQLITE_BUSY' }));
    other.exec('COMMIT');

    mine.prepare('UPDATE t SET v = 7 WHERE id = 1').run();
    expect(other.prepare('SELECT v FROM t WHERE id = 1').all()).toEqual([{ v: 7 }]);
    other.prepare('UPDATE t SET v = 8 WHERE id = 2').run();
    expect(mine.prepare('SELECT v FROM t WHERE id = 2').all()).toEqual([{ v: 8 }]);
  });

  it('leaves no transaction open after a write that fails', () => {
    expect(() => mine.prepare('INSERT INTO t VALUES (1, 1)').run()).toThrow(/UNIQUE/);
    expect(mine.inTransaction).toBe(false);
    other.prepare('UPDATE t SET v = 8 WHERE id = 2').run();
  });

  it('uses a transaction that is open', () => {
    mine.exec('BEGIN');
    mine.prepare('UPDATE t SET v = 7').run();
    expect(mine.inTransaction).toBe(true);
    mine.exec('ROLLBACK');
    expect(mine.prepare('SELECT v FROM t').all()).toEqual([{ v: 0 }, { v: 0 }]);
  });
});
