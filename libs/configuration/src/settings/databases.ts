import { databaseUrl, seconds, createWholeNumber } from '../kinds.js';
import type { Settings } from '../setting.js';
import { ALL, LEGACY_ONLY } from './services.js';

// The two databases, and the journal in the bridge's own.

export const schedulerDb: Settings['schedulerDb'] = {
  url: {
    keys: ['buildbot_scheduler_db'],
    kind: databaseUrl,
    secret: true,
    requiredBy: LEGACY_ONLY,
    example: 'mysql://bridge:password@db.example.com/buildbot_schedulers?ssl=true',
    doc: "URL of Buildbot's scheduler database; with ?ssl=true or ?ssl_ca=FILE encrypted and verified.",
  },
  poolSize: {
    keys: ['scheduler_db_pool'],
    kind: createWholeNumber(1, 200),
    default: 5,
    doc: 'Maximum connections to the scheduler database.',
  },
  connectTimeout: {
    keys: ['scheduler_db_connect_timeout'],
    kind: seconds,
    default: 10,
    doc: 'Maximum seconds to wait for a connection to the scheduler database.',
  },
  lockTimeout: {
    keys: ['scheduler_db_lock_timeout'],
    kind: seconds,
    default: 10,
    doc: 'Maximum seconds to wait for the lock under which a build request is created.',
  },
  answerTimeout: {
    keys: ['scheduler_db_answer_timeout'],
    kind: seconds,
    default: 20,
    doc: 'Maximum seconds to wait for the answer to a query of the scheduler database.',
  },
};

export const bridgeDb: Settings['bridgeDb'] = {
  url: {
    keys: ['bbb_db'],
    kind: databaseUrl,
    secret: true,
    requiredBy: ALL,
    example: 'sqlite:///bbb.db',
    doc: "URL of the bridge's own database; with ?ssl=true or ?ssl_ca=FILE encrypted and verified.",
  },
  poolSize: {
    keys: ['bbb_db_pool'],
    kind: createWholeNumber(1, 200),
    default: 5,
    doc: 'Maximum connections to the bridge database.',
  },
  connectTimeout: {
    keys: ['bbb_db_connect_timeout'],
    kind: seconds,
    default: 10,
    doc: 'Maximum seconds to wait for a connection to the bridge database.',
  },
  answerTimeout: {
    keys: ['bbb_db_answer_timeout'],
    kind: seconds,
    default: 20,
    doc: 'Maximum seconds to wait for the answer to a query of the bridge database.',
  },
};

export const journal: Settings['journal'] = {
  days: {
    keys: ['journal.days'],
    kind: createWholeNumber(0, 3650),
    default: 14,
    doc: 'Days for which the journal keeps what was decided; 0 turns the journal off.',
  },
  rows: {
    keys: ['journal.rows'],
    kind: createWholeNumber(1000, 1_000_000_000),
    default: 1_000_000,
    doc: 'Maximum entries of the journal (about 500 bytes each); the reflector deletes the oldest.',
  },
};
