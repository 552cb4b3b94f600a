import {
  listAddress,
  listeningHost,
  listeningPort,
  masters,
  createChoice,
  patterns,
  seconds,
  text,
  webAddress,
  createWholeNumber,
} from '../kinds.js';
import type { Settings } from '../setting.js';
import { WITHIN_GRACE, limitToGrace } from './process.js';
import { LEGACY_ONLY, MODERN_ONLY } from './services.js';

// Buildbot's side: its kind, modern masters, Self Serve of Buildbot 0.8, and the builders.

export const buildbot: Settings['buildbot'] = {
  kind: {
    keys: ['buildbot.kind'],
    kind: createChoice('legacy', 'modern'),
    default: 'legacy',
    doc: 'Kind of Buildbot: legacy is Buildbot 0.8, modern is Buildbot 3.7 or newer.',
  },
  url: {
    keys: ['buildbot.url'],
    kind: webAddress,
    requiredBy: MODERN_ONLY,
    example: 'https://buildbot.example.com/',
    doc: 'Base URL of the modern Buildbot master that creates build requests.',
  },
  masters: {
    keys: ['buildbot.masters'],
    kind: masters,
    default: [],
    example: '["bm2.example.com:/srv/buildbot=https://bm2.example.com/"]',
    doc: 'Additional masters of the same Buildbot, each as NAME=URL with the name that Buildbot shows for it; a build is cancelled at its own master.',
  },
  user: {
    keys: ['buildbot.user'],
    kind: text,
    requiredBy: MODERN_ONLY,
    example: 'bridge',
    doc: 'User name for the login at the masters.',
  },
  password: {
    keys: ['buildbot.password'],
    kind: text,
    secret: true,
    requiredBy: MODERN_ONLY,
    doc: 'Password for the login at the masters.',
  },
  scheduler: {
    keys: ['buildbot.scheduler'],
    kind: text,
    default: 'bridge',
    doc: 'Name of the scheduler in master.cfg through which build requests are created.',
  },
  creation: {
    keys: ['buildbot.creation'],
    kind: createChoice('plugin', 'force'),
    default: 'plugin',
    doc: "How build requests are created: plugin is the bridge's BridgeScheduler, force is Buildbot's own ForceScheduler, which promises less.",
  },
  timeout: {
    keys: ['buildbot.timeout'],
    kind: seconds,
    default: limitToGrace,
    defaultDoc: WITHIN_GRACE,
    doc: 'Maximum seconds for a call to a master that changes something, and for a read where that is less than 20; must be less than shutdown_grace.',
  },
  maxConnections: {
    keys: ['buildbot.max_connections'],
    kind: createWholeNumber(1, 100),
    default: 10,
    doc: 'Maximum parallel calls to a master, half of it while the master is slow; reads of many rows use a quarter.',
  },
  maxOpenPerBuilder: {
    keys: ['buildbot.max_open_per_builder'],
    kind: createWholeNumber(1, 100_000),
    defaultDoc: 'none: no limit',
    example: '500',
    doc: 'Approximate maximum of open build requests of a builder; at the limit the bridge creates no more, and further tasks stay pending until there is room.',
  },
  pushHost: {
    keys: ['buildbot.push_host'],
    kind: listeningHost,
    default: '127.0.0.1',
    doc: "Address on which bb-listener takes the posts of a master's HttpStatusPush.",
  },
  pushPort: {
    keys: ['buildbot.push_port'],
    kind: listeningPort,
    defaultDoc: 'none: no posts are taken',
    example: '8090',
    doc: "Port on which bb-listener takes the posts of a master's HttpStatusPush.",
  },
  pushSecret: {
    keys: ['buildbot.push_secret'],
    kind: text,
    secret: true,
    defaultDoc: 'none; required with buildbot.push_port',
    example: 'a long shared secret',
    doc: 'Secret of at least 16 characters that a post carries as `Authorization: Bearer SECRET`.',
  },
};

export const selfServe: Settings['selfServe'] = {
  url: {
    keys: ['selfserve_url', 'tclistener.selfserve_url'],
    kind: webAddress,
    requiredBy: LEGACY_ONLY,
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
    default: limitToGrace,
    defaultDoc: WITHIN_GRACE,
    doc: 'Maximum seconds for a call to Self Serve; must be less than shutdown_grace.',
  },
  maxConnections: {
    keys: ['selfserve_max_connections'],
    kind: createWholeNumber(1, 1000),
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
    doc: 'Builders that only tasks with a scope for the builder may use: regular expressions, anchored at the start.',
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
