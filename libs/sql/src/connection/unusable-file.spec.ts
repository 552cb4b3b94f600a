import { existsSync } from 'node:fs';
import { readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { useUndo } from '../../../../test/support/undo.js';
import {
  createDataSourceOptions,
  openStrict,
  parseDatabaseUrl,
  translateErrors,
  findUnusable,
} from '../index.js';

describe('a SQLite file that is not what its URL says', () => {
  const undo = useUndo(afterEach);
  let folder: string;
  beforeEach(async () => {
    folder = await undo.makeFolder();
    await writeFile(join(folder, 'noise.db'), 'this is no database, '.repeat(100));
  });

  const open = async (name: string, mustExist: boolean) => {
    const target = parseDatabaseUrl(`sqlite:///${join(folder, name)}`);
    const options = createDataSourceOptions(target, { poolSize: 1, connectTimeout: 5 });
    return translateErrors('db', () =>
      openStrict(new DataSource({ ...options, ...(mustExist ? { fileMustExist: true } : {}) })),
    );
  };

  it.each([
    ['missing/deeply/test.db', false, /^there is no folder \S+\/missing\/deeply for \S+ to be in; /],
    ['noise.db/test.db', false, /^there is no folder \S+\/noise\.db for/],
    ['missing/test.db', true, /^there is no file \S+\/missing\/test\.db; /],
    ['missing.db', true, /^there is no file \S+\/missing\.db; /],
    ['.', false, /^\S+ is a folder; /],
    ['.', true, /^\S+ is a folder; /],
    ['noise.db', false, /^\S+\/noise\.db is no SQLite database; /],
    ['noise.db', true, /^\S+\/noise\.db is no SQLite database; /],
  ])(
    'counts as unavailable, is named in the error, and is not created: %s',
    async (name, mustExist, message) => {
      const error = await open(name, mustExist).catch((error: unknown) => error);
      expect(error).toMatchObject({ name: 'Unavailable', message: expect.stringMatching(message) });
      expect(findUnusable(error)?.withSetting('a_setting')).toMatchObject({
        name: 'Invalid',
        message: expect.stringMatching(/^a_setting: \S/),
      });
      expect(existsSync(join(folder, 'missing'))).toBe(false);
      expect(existsSync(join(folder, 'missing.db'))).toBe(false);
    },
  );

  it('is created when allowed, and found again', async () => {
    await (await open('new.db', false)).destroy();
    await (await open('new.db', true)).destroy();
  });

  it('is readable only by its owner, whatever the umask', async () => {
    const umask = process.umask(0);
    try {
      const source = await open('new.db', false);
      await source.query('CREATE TABLE t (id INTEGER)');
      const files = (await readdir(folder)).filter((name) => name.startsWith('new.db'));
      expect(files.length).toBeGreaterThan(1);
      for (const name of files) expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
      await source.destroy();
    } finally {
      process.umask(umask);
    }
  });

  it('is found through a link', async () => {
    await (await open('new.db', false)).destroy();
    await symlink(join(folder, 'new.db'), join(folder, 'link.db'));
    await (await open('link.db', true)).destroy();
  });
});
