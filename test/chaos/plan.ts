import { seededRandom } from '../../sandbox/buildbot/random.js';

/**
 * What happens to whom:
 * kill              - kill -9 of an instance; it is restarted after `lasts`
 * pause             - SIGSTOP of an instance, SIGCONT after `lasts`
 * restart           - SIGTERM, and started again
 * master-killed     - kill -9 of the Buildbot master; it is restarted after `lasts`
 * sessions-killed   - the database server ends connections of the services
 * answer-lost       - a database does what it is asked for, and the connection breaks
 * database-away     - a database is restarted, or nothing passes for `lasts`
 * broker-cut        - the broker ends connections of the services
 * broker-away       - the broker is restarted, or nothing passes for `lasts`
 * queue-deleted     - with all messages in it, under its consumers
 * silence           - no message arrives for `lasts`
 * taskcluster-away  - no call to Taskcluster succeeds for `lasts`
 * self-serve-away   - the same of Self Serve
 */
export type Kind = keyof typeof KINDS;

export interface Happening {
  /** Seconds after the beginning. */
  at: number;
  kind: Kind;
  /** Seconds. */
  lasts: number;
  /** Between 0 and 1, to choose whom it hits, and how. */
  whom: number;
  how: number;
}

interface Habit {
  /** Seconds between two of a kind, on average. */
  every: number;
  /** Seconds, at least and at most. */
  lasts?: readonly [number, number];
  /** Now and then it lasts so long. */
  long?: readonly [number, number];
}

/**
 * Claims last 24 seconds here and are reclaimed in the last 16, a lock is waited for during 10, so that a long pause
 * outlives locks and claims, and a long outage of Taskcluster lets claims expire.
 */
const KINDS = {
  kill: { every: 6, lasts: [0.2, 2] },
  pause: { every: 8, lasts: [1, 5], long: [12, 28] },
  restart: { every: 15, lasts: [0, 1] },
  'master-killed': { every: 18, lasts: [0.3, 3] },
  'sessions-killed': { every: 5 },
  'answer-lost': { every: 3 },
  'database-away': { every: 22, lasts: [1, 5], long: [8, 12] },
  'broker-cut': { every: 9 },
  'broker-away': { every: 25, lasts: [1, 6] },
  'queue-deleted': { every: 10 },
  silence: { every: 25, lasts: [2, 6] },
  'taskcluster-away': { every: 25, lasts: [1, 6], long: [18, 22] },
  'self-serve-away': { every: 22, lasts: [2, 6] },
} as const satisfies Record<string, Habit>;

/** One in so many lasts long. */
const LONG_ONES = 5;

/** All that happens, in order of time. It depends on the seed only, and each kind has dice of its own. */
export function planOfChaos(seed: number, seconds: number): Happening[] {
  return Object.entries<Habit>(KINDS)
    .flatMap(([kind, habit], index) => {
      const random = seededRandom(seed * 1009 + index);
      const happenings: Happening[] = [];
      // The first one comes early, so that a short run has one of each kind.
      let at = random() * habit.every;
      while (at < seconds) {
        const [least, most] = (random() * LONG_ONES < 1 && habit.long) || habit.lasts || [0, 0];
        const lasts = Math.min(least + random() * (most - least), seconds - at);
        happenings.push({ at, kind: kind as Kind, lasts, whom: random(), how: random() });
        at += -Math.log(1 - random()) * habit.every + lasts;
      }
      return happenings;
    })
    .sort((a, b) => a.at - b.at);
}
