import { describe, expect, it } from '@jest/globals';
import { readOptions, USAGE } from './options.js';
import { WRONG_SYSTEMS } from './wrong/index.js';

describe('the options of npm start', () => {
  it('have defaults', () => {
    expect(readOptions([])).toMatchObject({ tasks: 18, seed: 1, keep: false, schema: 6, patience: 120 });
  });

  it('name a modern Buildbot, whose mix has other scenarios', () => {
    expect(readOptions(['--buildbot', 'modern'])).toMatchObject({ buildbot: 'modern', tasks: 17 });
    const url = 'http://127.0.0.1:8010/';
    expect(readOptions(['--buildbot', 'modern', '--buildbot-url', url])).toMatchObject({
      ...{ buildbotUrl: url, buildbotUser: 'bridge', buildbotScheduler: 'bridge', tasks: 15 },
    });
  });

  it('name real servers', () => {
    const args = [
      '--pulse',
      'amqp://guest:guest@127.0.0.1',
      '--database-server',
      'mysql://root@127.0.0.1/mysql',
    ];
    expect(readOptions(args)).toMatchObject({ pulse: args[1], databaseServer: args[3] });
  });

  it.each(WRONG_SYSTEMS.map(({ name }) => name))('name what is wrong: %s', (name) => {
    const args = ['--wrong', name, '--database-server', 'postgresql://root@127.0.0.1/postgres'];
    expect(readOptions(args)).toMatchObject({ wrong: { name } });
    expect(USAGE).toContain(` ${name} `);
  });

  it.each([
    [['--nonsense'], /nonsense/],
    [['stray'], /stray/],
    [['--tasks', 'many'], /--tasks must be a whole number/],
    [['--seed', '0'], /--seed must be a whole number/],
    [['--buildbot', 'ancient'], /--buildbot must be legacy or modern/],
    [['--buildbot-url', 'http://127.0.0.1:8010'], /--buildbot modern/],
    [['--buildbot', 'modern', '--buildbot-url', '127.0.0.1'], /--buildbot-url must be http/],
    [['--buildbot', 'modern', '--scheduler-db', 'sqlite:///a'], /--buildbot legacy/],
    [['--schema', '7'], /--schema must be 6 or 24/],
    [['--pulse', 'http://127.0.0.1'], /--pulse must be amqp:/],
    [['--database-server', 'oracle://127.0.0.1/x'], /--database-server must be mysql:/],
    [['--scheduler-db', 'sqlite:///a'], /be given together/],
    [['--wrong', 'everything'], /--wrong must be one of foreign-404, /],
    [['--wrong', 'foreign-404', '--buildbot', 'modern'], /--wrong needs --buildbot legacy/],
    [['--wrong', 'read-only-bridge-db'], /needs --database-server postgresql:/],
    [
      ['--database-server', 'mysql://h/m', '--scheduler-db', 'sqlite:///a', '--bridge-db', 'sqlite:///b'],
      /--scheduler-db and --bridge-db/,
    ],
  ])('refuse %j', (args, reason) => {
    expect(() => readOptions(args)).toThrow(reason);
    expect(() => readOptions(args)).toThrow(expect.objectContaining({ name: 'TypeError' }));
  });
});
