import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { describeEach, isReachable, SERVERS } from '../../../../test/support/servers.js';
import {
  BoundedDataSource,
  createDataSourceOptions,
  readDriverCode,
  discardConnection,
  openStrict,
  parseDatabaseUrl,
} from '../index.js';

const SLEEP = { mysql: 'SELECT SLEEP(30)', postgres: 'SELECT pg_sleep(30)' };
const CONNECTION = { mysql: 'SELECT CONNECTION_ID() AS id', postgres: 'SELECT pg_backend_pid() AS id' };
const ONLY_READ = {
  mysql: 'SET SESSION TRANSACTION READ ONLY',
  postgres: 'SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY',
};
const WRITE = 'CREATE TABLE bbb_never_made (id int, id int)';

describeEach(['mysql', 'postgres'], isReachable)('a connection to %s', (kind) => {
  let source: BoundedDataSource;

  beforeEach(async () => {
    const options = createDataSourceOptions(parseDatabaseUrl(SERVERS[kind].url), {
      poolSize: 1,
      connectTimeout: 5,
    });
    source = new BoundedDataSource(options, 0.5);
    await openStrict(source);
  });

  afterEach(() => source.destroy());

  const connection = async () => (await source.query<{ id: unknown }[]>(CONNECTION[kind]))[0]!.id;
  const code = (work: Promise<unknown>) => work.then(() => 'no error', readDriverCode);

  it('is used again, also after a wrong statement', async () => {
    const first = await connection();
    await expect(source.query('SELECT nothing')).rejects.toThrow();
    expect(await connection()).toBe(first);
  });

  it('is not used again after a query exceeds the time limit', async () => {
    const first = await connection();
    expect(await code(source.query(SLEEP[kind]))).toBe('ETIMEDOUT');
    expect(await connection()).not.toBe(first);
  });

  it("has the same time limit for TypeORM's own statements", async () => {
    const sleeping = kind === 'mysql' ? 'SLEEP(30)' : 'pg_sleep(30)';
    const asked = source
      .createQueryBuilder()
      .select(sleeping, 'slept')
      .from('information_schema.tables', 't');
    expect(await code(asked.limit(1).getRawOne())).toBe('ETIMEDOUT');
  });

  it('is not used again when it is read-only: a new one may lead to another server', async () => {
    await source.query(ONLY_READ[kind]);
    expect(await code(source.query(WRITE))).toBe(
      kind === 'mysql' ? 'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION' : '25006',
    );
    // Writing is what the next one would do, if the table made sense.
    expect(await code(source.query(WRITE))).toBe(kind === 'mysql' ? 'ER_DUP_FIELDNAME' : '42701');
  });

  it('answers no query once it is discarded, and is closed when it is released', async () => {
    const runner = source.createQueryRunner();
    const [before] = (await runner.query(CONNECTION[kind])) as { id: unknown }[];
    discardConnection(runner);
    expect(await code(runner.query(CONNECTION[kind]))).toBe('ECONNRESET');
    await runner.release();
    await runner.release();
    expect(await connection()).not.toBe(before!.id);
  });
});
