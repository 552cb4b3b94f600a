import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { createDatabase, describeDatabases } from '../../../test/support/databases.js';
import { describeEach, isReachable, SERVERS } from '../../../test/support/servers.js';
import { createDataSourceOptions, isUniqueViolation, parseDatabaseUrl, translateErrors } from './index.js';

describe('parseDatabaseUrl', () => {
  it.each([
    ['sqlite:////builds/state.sqlite', { dialect: 'sqlite', file: '/builds/state.sqlite' }],
    ['sqlite:///bbb.db', { dialect: 'sqlite', file: `${process.cwd()}/bbb.db` }],
    [
      'mysql://u:p%40ss@db.example.com/bbb',
      {
        dialect: 'mysql',
        host: 'db.example.com',
        port: 3306,
        user: 'u',
        password: 'p@ss',
        database: 'bbb',
        tls: false,
        insecureTls: false,
      },
    ],
    [
      'mysql+mysqldb://u@h:3307/b?ssl=true',
      {
        dialect: 'mysql',
        host: 'h',
        port: 3307,
        user: 'u',
        password: '',
        database: 'b',
        tls: true,
        insecureTls: false,
      },
    ],
    [
      'postgresql+psycopg2://u@h:80/b',
      {
        dialect: 'postgres',
        host: 'h',
        port: 80,
        user: 'u',
        password: '',
        database: 'b',
        tls: false,
        insecureTls: false,
      },
    ],
  ])('reads %s', (url, target) => {
    expect(parseDatabaseUrl(url)).toEqual(target);
  });

  it.each([
    '',
    'bbb.db',
    'sqlite://',
    'sqlite:///',
    'oracle://u@h/d',
    'mysql://u:secret@/x',
    'mysql://u:secret@h/',
    'mysql://u:secret%@h/database',
    'postgresql://secret%zz@h/database',
    'mysql://u@h/secret%',
    'sqlite:///secret%.db',
    'mysql://u:12/secret@h/database',
    'postgresql://u@h/secret@database',
    'constructor://u:secret@h/database',
  ])('refuses %s without repeating it', (url) => {
    expect(() => parseDatabaseUrl(url)).toThrow(/database/i);
    expect(() => parseDatabaseUrl(url)).not.toThrow(/secret/);
  });
});

describe('translated', () => {
  it("recognises an error of libsql, which is not one of Node's", async () => {
    const error = Object.assign(Object.create(Error.prototype) as Error, { code: 'SQLITE_CANTOPEN' });
    await expect(translateErrors('db', () => Promise.reject(error))).rejects.toMatchObject({
      name: 'Unavailable',
      message: 'the file cannot be opened (SQLITE_CANTOPEN)',
    });
  });
});

it('names the authentication plugins that the driver supports', async () => {
  const refusal = Object.assign(new Error('plugin'), { code: 'AUTH_SWITCH_PLUGIN_ERROR' });
  await expect(translateErrors('db', () => Promise.reject(refusal))).rejects.toThrow(
    /use mysql_native_password/,
  );
});

describeDatabases('errors on %s', (kind) => {
  it('recognises a unique violation, and translates a lost database', async () => {
    const database = await createDatabase(kind);
    const source = new DataSource(
      createDataSourceOptions(parseDatabaseUrl(database.url), { poolSize: 2, connectTimeout: 5 }),
    );
    await source.initialize();
    try {
      await source.query('CREATE TABLE t (k VARCHAR(10) NOT NULL UNIQUE)');
      await source.query("INSERT INTO t VALUES ('a')");
      const duplicate = await translateErrors('db', () => source.query("INSERT INTO t VALUES ('a')")).catch(
        (error: unknown) => error,
      );
      expect(isUniqueViolation(duplicate)).toBe(true);
      await expect(
        translateErrors('db', () => source.query('SELECT * FROM missing')),
      ).rejects.not.toMatchObject({
        name: 'Unavailable',
      });
    } finally {
      await source.destroy();
      await database.drop();
    }
  });
});

describeEach(['mysql', 'postgres'], isReachable)('a refusal of %s', (kind) => {
  it.each([
    [
      'user or password rejected',
      (url: URL) => Object.assign(url, { username: 'nobody', password: 'hunter2' }),
    ],
    ['the database does not exist', (url: URL) => Object.assign(url, { pathname: '/there_is_none' })],
    ['no server answers there', (url: URL) => Object.assign(url, { host: '127.0.0.1:1' })],
  ])('is described in words: %s', async (words, change) => {
    const url = change(new URL(SERVERS[kind].url));
    const target = parseDatabaseUrl(url.href);
    const source = new DataSource(createDataSourceOptions(target, { poolSize: 1, connectTimeout: 5 }));
    const message = await translateErrors('db', () => source.initialize()).catch(
      ({ message }: Error) => message,
    );
    expect(message).toMatch(new RegExp(`^${words}.* \\(\\w+\\)$`));
    expect(message).not.toContain('hunter2');
  });

  it('is described in words: no connection is left', async () => {
    const admin = new DataSource(
      createDataSourceOptions(parseDatabaseUrl(SERVERS[kind].url), { poolSize: 1, connectTimeout: 5 }),
    );
    await admin.initialize();
    const username = `few_${randomUUID().slice(0, 8)}`;
    const open = () =>
      new DataSource(
        createDataSourceOptions(
          parseDatabaseUrl(Object.assign(new URL(SERVERS[kind].url), { username, password: 'few' }).href),
          { poolSize: 1, connectTimeout: 5 },
        ),
      ).initialize();
    await admin.query(
      kind === 'mysql'
        ? `CREATE USER ${username} IDENTIFIED BY 'few' WITH MAX_USER_CONNECTIONS 1`
        : `CREATE ROLE ${username} LOGIN PASSWORD 'few' CONNECTION LIMIT 1`,
    );
    try {
      if (kind === 'mysql') await admin.query(`GRANT SELECT ON mysql.* TO ${username}`);
      const only = await open();
      await expect(translateErrors('db', open)).rejects.toThrow(
        /^the server has no connection left; .*bbb_db_pool/,
      );
      await only.destroy();
    } finally {
      await admin.query(kind === 'mysql' ? `DROP USER ${username}` : `DROP ROLE ${username}`);
      await admin.destroy();
    }
  });
});
