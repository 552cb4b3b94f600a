import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { linkSync, symlinkSync } from 'node:fs';
import { Folder } from '../../../platform/src/testing/folder.js';
import { loadBridgeDbUrl, loadConfiguration } from '../load-configuration.js';
import { LAST_LAYOUT, ROOT_URL } from '../testing/layouts.js';
import { nameSameDatabase } from './same-database.js';

let folder: Folder;
beforeEach(() => {
  folder = new Folder();
});
afterEach(() => folder.remove());

it.each([
  ['mysql://a:1@db.example.com/x', 'mysql+mysqldb://b:2@DB.example.com.:3306/x?ssl=true'],
  ['mysql://a@localhost/x', 'mariadb://b@127.0.0.1/x'],
  ['postgresql://a@[::1]/x', 'postgres://b@localhost:5432/x'],
])('treats %s and %s as the same database', (one, other) => {
  expect(nameSameDatabase(one, other)).toBe(true);
});

it.each([
  ['mysql://a@db.example.com/x', 'mysql://a@db.example.com/y'],
  ['mysql://a@db.example.com/x', 'mysql://a@db.example.com:3307/x'],
  ['mysql://a@db.example.com/x', 'mysql://a@other.example.com/x'],
  ['mysql://a@db.example.com:5432/x', 'postgres://a@db.example.com/x'],
  ['sqlite:///x.db', 'mysql://a@db.example.com/x'],
  ['nonsense', 'nonsense'],
])('treats %s and %s as different databases', (one, other) => {
  expect(nameSameDatabase(one, other)).toBe(false);
});

describe('a SQLite file', () => {
  const url = (name: string) => `sqlite:///${folder.path}/${name}`;

  it('is the same through every path and link', () => {
    const file = folder.write('bbb.db', '');
    linkSync(file, `${folder.path}/hard.db`);
    symlinkSync(file, `${folder.path}/soft.db`);
    folder.write('other.db', '');
    for (const name of ['bbb.db', './bbb.db', 'hard.db', 'soft.db'])
      expect(nameSameDatabase(url('bbb.db'), url(name))).toBe(true);
    expect(nameSameDatabase(url('bbb.db'), url('other.db'))).toBe(false);
  });

  it('is the same before it exists', () => {
    symlinkSync(folder.path, `${folder.path}/here`);
    expect(nameSameDatabase(url('new.db'), url('here/new.db'))).toBe(true);
    expect(nameSameDatabase(url('new.db'), url('other.db'))).toBe(false);
  });
});

it('a shared database keeps services and commands from starting', () => {
  const one = LAST_LAYOUT.buildbot_scheduler_db.replace('scheduler-secret', 'another-secret');
  const file = folder.write('config.json', { ...LAST_LAYOUT, bbb_db: one });
  const options = { file, directory: folder.path, environment: { TASKCLUSTER_ROOT_URL: ROOT_URL } };
  const message =
    /^ {2}bbb_db \(BBB_BRIDGE_DB_URL\): names the same database as buildbot_scheduler_db \(BBB_SCHEDULER_DB_URL\)/m;
  expect(() => loadConfiguration('reflector', options)).toThrow(message);
  expect(() => loadBridgeDbUrl(options)).toThrow(message);
  expect(() => loadBridgeDbUrl(options)).not.toThrow('another-secret');
});
