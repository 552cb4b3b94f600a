import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { type Buildbot, BuilderPolicy, Unavailable } from '@bbb/rules';
import type { Configuration } from '@bbb/configuration';
import { RestrictionReport } from './restriction-report.js';

const MERGING = expect.stringMatching(/^Buildbot may merge a request for a restricted builder/);

describe('RestrictionReport', () => {
  let lines: unknown[];

  beforeEach(() => {
    lines = [];
    Logger.overrideLogger({
      log: (...line: unknown[]) => void lines.push(['log', ...line.slice(0, -1)]),
      warn: (...line: unknown[]) => void lines.push(['warn', ...line.slice(0, -1)]),
      error: (...line: unknown[]) => void lines.push(['error', ...line.slice(0, -1)]),
      debug: () => undefined,
    });
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick'] });
  });
  afterEach(() => {
    jest.useRealTimers();
    Logger.overrideLogger(false);
  });

  function create(
    restricted: string[],
    listBuilders: () => Promise<readonly string[] | undefined>,
    kind: 'legacy' | 'modern' = 'legacy',
  ): RestrictionReport {
    return new RestrictionReport(
      new BuilderPolicy({ restricted, ignored: [] }),
      { listBuilders } as Pick<Buildbot, 'listBuilders'> as Buildbot,
      { buildbot: { kind } } as Configuration,
    );
  }

  it('has the number of builders that each restriction matches, and warns of one that matches none', async () => {
    const builders = Array.from({ length: 120 }, (_, index) => `release-${index}`);
    await create(['release-1', 'relaese-'], async () => [...builders, 'Linux build']).report();
    expect(lines).toEqual([
      ['log', { pattern: 'release-1', matched: 31, builders: 121 }, 'restriction in force'],
      [
        'warn',
        { pattern: 'relaese-', matched: 0, builders: 121 },
        'a pattern of restricted_builders matches no builder',
      ],
      ['warn', MERGING],
    ]);
  });

  it('warns of merging only where Buildbot merges requests', async () => {
    await create(['release-'], async () => ['release-x'], 'modern').report();
    expect(lines).toEqual([
      ['log', { pattern: 'release-', matched: 1, builders: 1 }, 'restriction in force'],
    ]);
  });

  it('says that there is no list to compare with, and that nothing is restricted', async () => {
    await create(['release-'], async () => undefined).report();
    await create([], async () => ['b']).report();
    expect(lines).toEqual([
      ['log', { pattern: 'release-' }, 'restriction in force; there is no builder list to compare it with'],
      ['warn', MERGING],
      ['log', 'no builder is restricted'],
    ]);
  });

  it('waits for a list that cannot be read', async () => {
    let isAvailable = false;
    const report = create(['release-'], async () => {
      if (!isAvailable) throw new Unavailable('builder-list', 'never loaded');
      return ['release-x'];
    });
    await report.report();
    expect(lines).toEqual([]);
    isAvailable = true;
    await jest.advanceTimersByTimeAsync(60_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(lines[0]).toMatchObject(['log', { matched: 1 }, 'restriction in force']);
    report.onApplicationShutdown();
  });
});
