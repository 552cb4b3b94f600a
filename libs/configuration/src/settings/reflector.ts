import { cronExpression, seconds, secondsOrNone, whole } from '../kinds.js';
import type { Settings } from '../setting.js';

// What is done again and again.

export const reflector: Settings['reflector'] = {
  interval: {
    keys: ['reflector.interval'],
    kind: seconds,
    default: 60,
    doc: "Seconds from one of the reflector's passes to the next.",
  },
  cron: {
    keys: ['reflector.cron'],
    kind: cronExpression,
    example: '*/30 * * * * *',
    defaultDoc: 'none: the interval counts',
    doc: "When the reflector's passes begin, as a cron expression; takes the place of the interval.",
  },
  reclaimWindow: {
    keys: ['reflector.reclaim_window'],
    kind: seconds,
    default: 600,
    doc: 'Seconds before the end of a claim from which it is renewed.',
  },
  finishedGrace: {
    keys: ['reflector.finished_grace'],
    kind: secondsOrNone,
    default: 600,
    doc: 'Seconds after the end of a build from which the reflector resolves its task itself.',
  },
  missingGrace: {
    keys: ['reflector.missing_grace'],
    kind: secondsOrNone,
    default: 600,
    doc: 'Seconds that a build request must be gone from Buildbot before that is believed.',
  },
  stuckGrace: {
    keys: ['reflector.stuck_grace'],
    kind: secondsOrNone,
    default: 600,
    doc: 'Seconds after the end of a build from which its build request counts as stuck if its master still claims it.',
  },
  orphanGrace: {
    keys: ['reflector.orphan_grace'],
    kind: secondsOrNone,
    default: 60,
    doc: 'Seconds that an open build request of the bridge may be without a row before it is taken up again.',
  },
  claimedInterval: {
    keys: ['reflector.claimed_interval'],
    kind: seconds,
    default: 600,
    doc: "Seconds between two looks at Taskcluster's list of claimed runs, which finds what a lost database knew.",
  },
  concurrency: {
    keys: ['reflector.concurrency'],
    kind: whole(1, 1000),
    default: 50,
    doc: 'Runs and build requests without a row that are taken up at the same time.',
  },
  batch: {
    keys: ['reflector.batch'],
    kind: whole(1, 10_000),
    default: 900,
    doc: 'Rows per read; a statement reads 900 at most. Of these, four are handled at the same time for each connection to Taskcluster.',
  },
};

export const parking: Settings['parking'] = {
  firstDelay: {
    keys: ['parking.first_delay'],
    kind: seconds,
    default: 5,
    doc: 'Seconds until a message that could not be handled is tried again; doubles with each attempt.',
  },
  maxDelay: {
    keys: ['parking.max_delay'],
    kind: seconds,
    default: 300,
    doc: 'Seconds between two attempts at most.',
  },
  attempts: {
    keys: ['parking.attempts'],
    kind: whole(1, 100_000),
    default: 20,
    doc: 'Attempts before a message is put into quarantine.',
  },
  interval: {
    keys: ['parking.interval'],
    kind: seconds,
    default: 5,
    doc: 'Seconds between two looks at which messages are due.',
  },
  reservation: {
    keys: ['parking.reservation'],
    kind: seconds,
    default: 120,
    doc: 'Seconds after which a message is tried by another process, when the one that tries it has died.',
  },
};
