import { beforeAll, expect, it } from '@jest/globals';
import { isFull } from './support/campaign.js';
import { COSTS_LIMIT, countCosts, type Figures, TRACKED } from './support/cost-figures.js';
import { describeEach, isReachable } from './support/servers.js';

type Bound = [scenario: string, figure: string, most: number];

/** Statements of every pass, however many tasks are tracked; seven of them are about mass absence and readiness, one about pauses. */
const STATEMENTS = (14 * 500) / TRACKED;

/** Calls of every pass to a modern Buildbot: the end of the open requests, builders, health. */
const CALLS = (4 * 500) / TRACKED;

/** On its own a pending task would cost six statements in the bridge's database, and two or four in the scheduler's. */
const listBounds = (database: 'mysql' | 'postgres'): Bound[] => [
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
  ['pass-due', 'sql/500 rows', 40 + STATEMENTS],
  // Two where nothing else happens; on a busy machine reports and looks at pauses fall into the longer time.
  ['pass-idle', 'sql/500 rows', 4 + STATEMENTS],
];

/** With a hundredth for what a service does besides, such as looking for parked messages. */
const addSlack = ([scenario, figure, most]: Bound): Bound => [scenario, figure, most * 1.01 + 0.05];

const MODERN: Bound[] = [
  // One creates; look-ups are shared by what comes at the same time, which is less when the events come slowly.
  ['pending', 'rest/event', 1.6],
  ['started', 'rest/event', 0.5],
  // The properties of several builds are read together, of as many as end at the same time.
  ['finished', 'rest/event', 0.9],
  // Two for 500 tracked tasks, their requests and their builds; one for 500 open requests, in search of orphans.
  ['pass-idle', 'snapshot rest/500 rows', 2],
  ['pass-idle', 'rest/500 rows', 3 + CALLS],
  // The tasks that have become due are new in this pass, and their build sets are read once.
  ['pass-due', 'rest/500 rows', 4 + CALLS],
];

const BRIDGES: [name: string, database: 'mysql' | 'postgres', option: string, bounds: Bound[]][] = [
  ['Buildbot 0.8, mysql', 'mysql', '--database=mysql', listBounds('mysql').map(addSlack)],
  ['Buildbot 0.8, postgres', 'postgres', '--database=postgres', listBounds('postgres').map(addSlack)],
  ['a modern Buildbot', 'mysql', '--buildbot=modern', MODERN],
];

/** The campaigns count all. */
const isCounted = ([scenario]: Bound) => isFull || ['pending', 'pass-due'].includes(scenario);

const isPossible = (_: string, database: 'mysql' | 'postgres') =>
  isReachable('rabbitmq') && isReachable(database);

/** Round trips are counted, not timed: a busy machine gathers more of what waits for it into one of them. */
describeEach(isFull ? BRIDGES : BRIDGES.slice(0, 1), isPossible)(
  'round trips, %s',
  (_name, _database, option, all) => {
    const bounds = all.filter(isCounted);
    let figures: Map<string, Figures>;

    beforeAll(async () => {
      figures = await countCosts(new Set(bounds.map(([scenario]) => scenario)), option);
    }, COSTS_LIMIT);

    it.each(bounds)('%s: %s is at most %d', (scenario, name, most) => {
      const { [name]: actual } = figures.get(scenario)!;
      expect(actual).toBeGreaterThan(0);
      expect(actual).toBeLessThanOrEqual(most);
    });
  },
);
