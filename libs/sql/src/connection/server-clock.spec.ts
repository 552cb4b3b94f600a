import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { describeEach, isReachable, SERVERS } from '../../../../test/support/servers.js';
import { BoundedDataSource, createDataSourceOptions, parseDatabaseUrl, ServerClock } from '../index.js';

const NOW = 1_800_000_000;

it.each([
  [12, "the server's clock is 12 s ahead of this machine's; synchronise both"],
  [-3600, "the server's clock is 3600 s behind this machine's; synchronise both"],
  [4, undefined],
  [-4, undefined],
])('a difference of %i s is reported as %s', async (offset, problem) => {
  const clock = new ServerClock(
    'mysql',
    async () => [{ now: NOW + offset }],
    () => NOW,
  );
  expect(await clock.findProblem()).toBe(problem);
});

it('a difference is reported in the same words while it hardly varies or cannot be read, and no longer when it is gone', async () => {
  let offset = NaN;
  const clock = new ServerClock(
    'mysql',
    async () => [{ now: NOW + offset }],
    () => NOW,
  );
  const reports: (string | undefined)[] = [];
  for (offset of [5.4, 4.6, NaN, 6.6, 600, 601, 599, 4, -7]) reports.push(await clock.findProblem());
  const seconds = reports.map((report) => report && Number(/is (\d+) s/.exec(report)?.[1]));
  expect(seconds).toEqual([5, 5, 5, 5, 600, 600, 600, undefined, 7]);
});

it('a clock that cannot be read, or is this machine’s, is no problem', async () => {
  const failing = () => Promise.reject(new Error('connection lost'));
  expect(await new ServerClock('postgres', failing).findProblem()).toBeUndefined();
  expect(await new ServerClock('postgres', async () => []).findProblem()).toBeUndefined();
  expect(await new ServerClock('sqlite', failing).findProblem()).toBeUndefined();
});

describeEach(['mysql', 'postgres'], isReachable)('the clock of %s', (kind) => {
  let source: BoundedDataSource;
  beforeEach(async () => {
    const options = createDataSourceOptions(parseDatabaseUrl(SERVERS[kind].url), {
      poolSize: 1,
      connectTimeout: 5,
    });
    source = await new BoundedDataSource(options, 5).initialize();
  });
  afterEach(() => source.destroy());

  it('is read, and agrees with that of the same machine', async () => {
    const read: unknown[] = [];
    const query = async (sql: string) => {
      const rows = await source.query<Record<string, unknown>[]>(sql);
      read.push(Math.abs(Number(rows[0]!.now) - Date.now() / 1000) < 4);
      return rows;
    };
    expect(await new ServerClock(kind, query).findProblem()).toBeUndefined();
    expect(read).toEqual([true]);
  });
});

describeEach(['mysql'], isReachable)('the clock of %s that is wrong', (kind) => {
  it('is reported', async () => {
    const options = createDataSourceOptions(parseDatabaseUrl(SERVERS[kind].url), {
      poolSize: 1,
      connectTimeout: 5,
    });
    const source = await new BoundedDataSource(options, 5).initialize();
    try {
      // The only connection of the pool keeps the time that it is given.
      await source.query('SET timestamp = UNIX_TIMESTAMP() + 600');
      const clock = new ServerClock(kind, (sql) => source.query(sql));
      expect(await clock.findProblem()).toMatch(
        /^the server's clock is (59\d|600|601) s ahead of this machine's/,
      );
    } finally {
      await source.destroy();
    }
  });
});
