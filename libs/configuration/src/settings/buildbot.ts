import { listAddress, patterns, seconds, text, webAddress, whole } from '../kinds.js';
import type { Settings } from '../setting.js';
import { WITHIN_GRACE, withinGrace } from './process.js';
import { ALL } from './services.js';

// Buildbot's side: Self Serve and the builders.

export const selfServe: Settings['selfServe'] = {
  url: {
    keys: ['selfserve_url', 'tclistener.selfserve_url'],
    kind: webAddress,
    requiredBy: ALL,
    example: 'https://secure.example.com/buildapi/self-serve',
    doc: 'URL of Self Serve; user and password before the host are sent as Basic authentication.',
  },
  user: {
    keys: ['selfserve_user'],
    kind: text,
    default: 'buildbot-bridge',
    doc: 'Name under which the bridge asks Self Serve (X-Remote-User).',
  },
  timeout: {
    keys: ['selfserve_timeout'],
    kind: seconds,
    default: withinGrace,
    defaultDoc: WITHIN_GRACE,
    doc: 'Seconds per call to Self Serve; less than shutdown_grace.',
  },
  maxConnections: {
    keys: ['selfserve_max_connections'],
    kind: whole(1, 1000),
    default: 10,
    doc: 'Calls to Self Serve at the same time, each on a connection of its own.',
  },
};

export const builders: Settings['builders'] = {
  url: {
    keys: ['builders_url'],
    kind: listAddress,
    example: 'https://secure.example.com/builddata/reports/allthethings.json',
    defaultDoc: 'none: the names of builders are not checked',
    doc: 'The list of builders (allthethings.json): a URL, with user and password as in selfserve_url, or a file.',
  },
  refresh: {
    keys: ['builders_refresh'],
    kind: seconds,
    default: 300,
    doc: 'Seconds between two looks at the list.',
  },
  timeout: { keys: ['builders_timeout'], kind: seconds, default: 60, doc: 'Seconds per look at the list.' },
  restricted: {
    keys: ['restricted_builders'],
    kind: patterns,
    default: [],
    example: '["^release-.*$"]',
    doc: 'Builders that need a scope: regular expressions, anchored at the start.',
  },
  ignored: {
    keys: ['ignored_builders'],
    kind: patterns,
    default: [],
    example: '["^((?!alder).)*$"]',
    doc: 'Builders that this bridge leaves alone.',
  },
  allowed: {
    keys: ['allowed_builders'],
    kind: patterns,
    defaultDoc: 'none: every builder is allowed',
    example: '[".*"]',
    doc: 'If set, the only builders that may be used; an empty list allows none.',
  },
};
