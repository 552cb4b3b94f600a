import { Logger } from '@nestjs/common';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { followCampaign, planCampaign } from '../support/campaign.js';
import {
  explain,
  type HistoriesReport,
  join,
  report,
  runHistories,
  shareOf,
  total,
} from './run-histories.js';

const { runs: histories, timeout } = planCampaign({ usual: 250, full: 8000, each: 50 });

/** Histories of one test: together they take minutes. */
const STRETCH = Math.min(histories, 1000);

const SEEDS = Array.from({ length: Math.ceil(histories / STRETCH) }, (_, index) => 1 + index * STRETCH);

describe('any history', () => {
  const done: HistoriesReport = { histories: 0, ends: new Map(), faults: new Map(), lasted: 0 };

  const follow = followCampaign('random histories', histories);

  beforeAll(() => Logger.overrideLogger(false));

  it.each(SEEDS)(
    `keeps every rule, and ends in time once everything works again: ${STRETCH} seeds from %d`,
    async (seed) => {
      const stretch = await runHistories(seed, STRETCH, undefined, (count) => follow(done.histories + count));
      if (stretch.failure) throw new Error(await explain(stretch.failure));
      join(done, stretch);
    },
    timeout,
  );

  it('was gone through as often as wanted', () => {
    console.log(`model: ${report(done)}`);
    expect(done.histories).toBeGreaterThanOrEqual(histories);
  });

  // A model in which little happens proves little.
  it.each([
    ['completed', ['completed']],
    ['failed', ['failed']],
    ['canceled', ['canceled']],
    [
      'exception',
      ['malformed-payload', 'internal-error', 'deadline-exceeded', 'claim-expired', 'worker-shutdown'],
    ],
  ])('ends as %s often enough', (_name, ends) => {
    expect(shareOf(done.ends, ...ends)).toBeGreaterThan(0.01);
  });

  it('meets every kind of fault', () => {
    const kinds = ['kill before effect', 'kill after effect', 'pause', 'error', 'conflict', 'hang'];
    const others = ['lost', 'doubled', 'deleted', 'master killed', 'instance killed', 'reflector sick'];
    const databases = [
      ...['bridge database lost', 'bridge database restored', 'build requests emptied'],
      ...['build requests restored', 'taskcluster emptied', 'without its signature'],
    ];
    const modern = ['master of its own will', 'request collapsed', 'late'];
    const outages = ['bridge-db', 'taskcluster', 'scheduler-db', 'self-serve', 'buildbot'].map(
      (system) => `${system} away`,
    );
    const least = histories / 100;
    for (const kind of [...kinds, ...others, ...databases, ...modern, ...outages]) {
      const times = [...done.faults].filter(([name]) => name.includes(kind)).map(([, count]) => count);
      expect({ kind, often: times.reduce((sum, count) => sum + count, 0) > least }).toEqual({
        kind,
        often: true,
      });
    }
    expect(total(done.faults)).toBeGreaterThan(histories);
  });
});
