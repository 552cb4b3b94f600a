import { beforeAll, expect, it } from '@jest/globals';
import { COSTS_LIMIT, countCosts, type Figures, TRACKED } from './support/cost-figures.js';
import { describeWhere, isReachable } from './support/servers.js';

/** Calls of every pass, however many tasks are tracked: the end of the open requests, builders, health. */
const PASS = 4;

/** Calls are counted, not timed: a busy machine gathers more of what waits for it into one of them. */
describeWhere(isReachable('rabbitmq') && isReachable('mysql'))('REST calls to a modern Buildbot', () => {
  let figures: Map<string, Figures>;

  beforeAll(async () => {
    figures = await countCosts(['--buildbot', 'modern']);
  }, COSTS_LIMIT);

  it.each([
    // One creates; look-ups are shared by what comes at the same time, which is less when the events come slowly.
    ['pending', 'rest/event', 1.6],
    ['started', 'rest/event', 0.5],
    // The properties of several builds are read together, of as many as end at the same time.
    ['finished', 'rest/event', 0.9],
    // Two for 500 tracked tasks, their requests and their builds; one for 500 open requests, in search of orphans.
    ['pass-idle', 'snapshot rest/500 rows', 2],
    ['pass-idle', 'rest/500 rows', 3 + (PASS * 500) / TRACKED],
    // The tasks that have become due are new in this pass, and their build sets are read once.
    ['pass-due', 'rest/500 rows', 4 + (PASS * 500) / TRACKED],
  ])('%s: %s is at most %d', (scenario, name, most) => {
    const { [name]: actual } = figures.get(scenario)!;
    expect(actual).toBeGreaterThan(0);
    expect(actual).toBeLessThanOrEqual(most);
  });
});
