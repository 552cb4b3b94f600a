import { cronExpression, seconds, secondsOrNone, createWholeNumber } from '../kinds.js';
import type { Settings } from '../setting.js';

// Periodic work: reflector passes, and retries of parked messages.

export const reflector: Settings['reflector'] = {
  interval: {
    keys: ['reflector.interval'],
    kind: seconds,
    default: 60,
    doc: 'Seconds between the starts of two reflector passes.',
  },
  cron: {
    keys: ['reflector.cron'],
    kind: cronExpression,
    example: '*/30 * * * * *',
    defaultDoc: 'none: reflector.interval is used',
    doc: 'Cron expression for the starts of reflector passes; replaces reflector.interval.',
  },
  reclaimWindow: {
    keys: ['reflector.reclaim_window'],
    kind: seconds,
    default: 600,
    doc: 'Seconds before the end of a claim at which the run is reclaimed.',
  },
  messageGrace: {
    keys: ['reflector.message_grace'],
    kind: secondsOrNone,
    default: ({ buildbot }) => (buildbot === 'modern' ? 0 : 120),
    defaultDoc: '120; 0 for modern Buildbot, which sends no message',
    doc: "Seconds for which the reflector leaves the start of a build, and its end in RETRY, to the build's message; then it acts itself.",
  },
  finishedGrace: {
    keys: ['reflector.finished_grace'],
    kind: secondsOrNone,
    default: ({ buildbot }) => (buildbot === 'modern' ? 0 : 600),
    defaultDoc: '600; 0 for modern Buildbot, which sends no message',
    doc: "Seconds for which a reflector has seen a build finished before it resolves its task without the build's message; at least 1.2 times artifacts.wait.",
  },
  missingGrace: {
    keys: ['reflector.missing_grace'],
    kind: secondsOrNone,
    default: 600,
    doc: 'Seconds that a build request must be missing from Buildbot before it counts as gone.',
  },
  missingLimit: {
    keys: ['reflector.missing_limit'],
    kind: createWholeNumber(0, 1_000_000),
    default: 10,
    doc: 'Maximum number of tracked tasks that may be missing at once, in Taskcluster or Buildbot; when more, and more than a fifth of all, are missing, the bridge stops, cancels and forgets nothing because of it.',
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
    doc: 'Seconds that an open build request may be without a row before it counts as an orphan.',
  },
  claimedInterval: {
    keys: ['reflector.claimed_interval'],
    kind: seconds,
    default: 600,
    doc: "Seconds between two reads of Taskcluster's list of claimed runs, which recovers rows of a lost database.",
  },
  concurrency: {
    keys: ['reflector.concurrency'],
    kind: createWholeNumber(1, 1000),
    default: 50,
    doc: 'Maximum runs and build requests without a row that are handled in parallel.',
  },
  batch: {
    keys: ['reflector.batch'],
    kind: createWholeNumber(1, 10_000),
    default: ({ buildbot }) => (buildbot === 'modern' ? 500 : 900),
    defaultDoc: '900; 500 for modern Buildbot, which names at most 500 requests in a call',
    doc: 'Maximum rows per read; a statement reads at most 900. Four rows are handled in parallel for each connection to Taskcluster.',
  },
};

export const parking: Settings['parking'] = {
  firstDelay: {
    keys: ['parking.first_delay'],
    kind: seconds,
    default: 5,
    doc: 'Seconds before the first retry of a parked message; doubles with each attempt.',
  },
  maxDelay: {
    keys: ['parking.max_delay'],
    kind: seconds,
    default: 300,
    doc: 'Maximum seconds between two attempts at a parked message.',
  },
  attempts: {
    keys: ['parking.attempts'],
    kind: createWholeNumber(1, 100_000),
    default: 20,
    doc: 'Maximum attempts at a parked message before it is quarantined.',
  },
  interval: {
    keys: ['parking.interval'],
    kind: seconds,
    default: 5,
    doc: 'Seconds between checks for parked messages that are due.',
  },
  reservation: {
    keys: ['parking.reservation'],
    kind: seconds,
    default: 120,
    doc: 'Seconds for which a parked message is reserved for the process that retries it; then another process may retry it.',
  },
};
