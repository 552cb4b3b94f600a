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
    doc: 'User name that the bridge sends to Self Serve (X-Remote-User).',
  },
  timeout: {
    keys: ['selfserve_timeout'],
    kind: seconds,
    default: withinGrace,
    defaultDoc: WITHIN_GRACE,
    doc: 'Maximum seconds for a call to Self Serve; must be less than shutdown_grace.',
  },
  maxConnections: {
    keys: ['selfserve_max_connections'],
    kind: whole(1, 1000),
    default: 10,
    doc: 'Maximum parallel calls to Self Serve, each on its own connection.',
  },
};

export const builders: Settings['builders'] = {
  url: {
    keys: ['builders_url'],
    kind: listAddress,
    example: 'https://secure.example.com/builddata/reports/allthethings.json',
    defaultDoc: 'none: builder names are not checked',
    doc: 'URL or path of the builder list (allthethings.json); user and password as in selfserve_url.',
  },
  refresh: {
    keys: ['builders_refresh'],
    kind: seconds,
    default: 300,
    doc: 'Seconds between two reads of the builder list.',
  },
  timeout: {
    keys: ['builders_timeout'],
    kind: seconds,
    default: 60,
    doc: 'Maximum seconds to read the builder list.',
  },
  restricted: {
    keys: ['restricted_builders'],
    kind: patterns,
    default: [],
    example: '["^release-.*$"]',
    doc: 'Builders that only tasks with the scope may use: regular expressions, anchored at the start.',
  },
  ignored: {
    keys: ['ignored_builders'],
    kind: patterns,
    default: [],
    example: '["^((?!alder).)*$"]',
    doc: 'Builders whose tasks this bridge ignores: regular expressions, anchored at the start.',
  },
  allowed: {
    keys: ['allowed_builders'],
    kind: patterns,
    defaultDoc: 'none: every builder is allowed',
    example: '[".*"]',
    doc: 'The only builders that tasks may use: regular expressions, anchored at the start; an empty list allows none.',
  },
};
