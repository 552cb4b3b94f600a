import { BuilderPolicy } from '@bbb/rules';
import type { Configuration } from '@bbb/configuration';
import type { ReconcilerSettings } from '@bbb/reconciler';
import type { BuildbotKind } from '../buildbot/farm.js';

export const QUEUE_ID = 'buildbot-bridge/buildbot-bridge';
export const WORKER = { workerGroup: 'buildbot-bridge', workerId: 'buildbot-bridge' };
export const BUILDER = 'Linux x86-64 build';

/** Seconds between the passes of a reflector. */
export const INTERVAL = 60;

export const POLICY = new BuilderPolicy({ restricted: ['^release-'], ignored: ['^ignored-'] });

/** The defaults of the configuration; the wait for artifacts ends before the reflector's grace, as in a started service. */
export const CONFIGURATION = {
  taskcluster: {
    provisionerId: 'buildbot-bridge',
    workerType: 'buildbot-bridge',
    maxConnections: 50,
    rootUrl: 'https://tc',
  },
  schedulerDb: { url: 'sqlite:///scheduler.db' },
  bridgeDb: { url: 'sqlite:///bridge.db' },
  reflector: {
    schedule: { everySeconds: INTERVAL },
    reclaimWindow: 600,
    messageGrace: 120,
    finishedGrace: 600,
    missingGrace: 600,
    stuckGrace: 600,
    // Few tasks are tracked at a time.
    missingLimit: 1,
    orphanGrace: 60,
    claimedInterval: 600,
    concurrency: 50,
    batch: 900,
  },
  artifacts: { wait: 500 },
  parking: { firstDelay: 5, maxDelay: 300, attempts: 20, interval: 5, reservation: 120 },
} as Configuration;

export const RULES: ReconcilerSettings = {
  worker: WORKER,
  taskQueueId: QUEUE_ID,
  reclaimWindow: CONFIGURATION.reflector.reclaimWindow,
  messageGrace: CONFIGURATION.reflector.messageGrace,
  finishedGrace: CONFIGURATION.reflector.finishedGrace,
  artifactWait: CONFIGURATION.artifacts.wait,
  missingGrace: CONFIGURATION.reflector.missingGrace,
  stuckGrace: CONFIGURATION.reflector.stuckGrace,
  results: { warnings: 'failed', exception: 'malformed-payload' },
  policy: POLICY,
};

/** A modern Buildbot sends no message to wait for. */
export const rulesFor = (kind: BuildbotKind): ReconcilerSettings =>
  kind === 'modern' ? { ...RULES, messageGrace: 0, finishedGrace: 0 } : RULES;
