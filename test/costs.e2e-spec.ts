import { beforeAll, expect, it } from '@jest/globals';
import { isFull } from './support/campaign.js';
import { COSTS_LIMIT, countCosts, type Figures, TRACKED } from './support/cost-figures.js';
import { describeEach, isReachable } from './support/servers.js';

/** The campaigns count on all databases. */
const DATABASES: readonly ('mysql' | 'postgres')[] = isFull ? ['mysql', 'postgres'] : ['mysql'];

/** Statements of every pass, however many tasks are tracked; seven of them are about mass absence and readiness, one about pauses. */
const PASS = 14;

const isPossible = (database: 'mysql' | 'postgres') => isReachable('rabbitmq') && isReachable(database);

/** Round trips are counted, not timed: a busy machine gathers more of what waits for it into one of them. */
describeEach(DATABASES, isPossible)('round trips on %s', (database) => {
  let figures: Map<string, Figures>;

  beforeAll(async () => {
    figures = await countCosts(['--database', database]);
  }, COSTS_LIMIT);

  /** On its own a pending task would cost six statements in the bridge's database, and two or four in the scheduler's. */
  const bounds: [string, string, number][] = [
    ['pending', 'http/event', 1],
    ['pending', 'bridge sql/event', 0.8],
    ['pending', 'scheduler sql/event', database === 'mysql' ? 0.6 : 2],
    // The run's status is read for all events of a moment in one call.
    ['started', 'http/event', 1.2],
    ['started', 'bridge sql/event', 0.6],
    ['started', 'scheduler sql/event', 0.5],
    // An artifact gets its name when its content is complete: a call more than uploading it under that name.
    ['finished', 'http/event', 5.2],
    ['finished', 'bridge sql/event', 0.8],
    ['finished', 'scheduler sql/event', 0.5],
    ['pass-due', 'http/due', 2.1],
    // A busy machine takes longer, so that fewer reclaims come up together; each on its own would be 100 of them.
    ['pass-due', 'sql/500 rows', 40 + (PASS * 500) / TRACKED],
    // Two where nothing else happens; on a busy machine reports and looks at pauses fall into the longer time.
    ['pass-idle', 'sql/500 rows', 4 + (PASS * 500) / TRACKED],
  ];

  it.each(bounds)('%s: %s is at most %d', (scenario, name, most) => {
    const { [name]: actual } = figures.get(scenario)!;
    // A hundredth for what a service does besides, such as looking for parked messages.
    expect(actual).toBeGreaterThan(0);
    expect(actual).toBeLessThanOrEqual(most * 1.01 + 0.05);
  });
});
