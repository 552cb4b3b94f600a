import { certificate, createChoice, seconds, text, webAddress, createWholeNumber } from '../kinds.js';
import type { Settings } from '../setting.js';
import { WITHIN_GRACE, limitToGrace } from './process.js';
import { ALL, ASKS_FOR_PENDING } from './services.js';

// How the bridge connects to Taskcluster, and with which credentials.

export const taskcluster: Settings['taskcluster'] = {
  rootUrl: {
    keys: ['taskcluster_queue_config.rootUrl'],
    variable: 'TASKCLUSTER_ROOT_URL',
    kind: webAddress,
    requiredBy: ALL,
    example: 'https://taskcluster.example.com',
    doc: 'Root URL of the Taskcluster deployment.',
  },
  clientId: {
    keys: ['taskcluster_queue_config.credentials.clientId'],
    variable: 'TASKCLUSTER_CLIENT_ID',
    kind: text,
    requiredBy: ALL,
    example: 'project/releng/buildbot-bridge',
    doc: 'Taskcluster client id of the bridge.',
  },
  accessToken: {
    keys: ['taskcluster_queue_config.credentials.accessToken'],
    variable: 'TASKCLUSTER_ACCESS_TOKEN',
    kind: text,
    secret: true,
    requiredBy: ALL,
    doc: 'Access token of the Taskcluster client.',
  },
  certificate: {
    keys: ['taskcluster_queue_config.credentials.certificate'],
    variable: 'TASKCLUSTER_CERTIFICATE',
    kind: certificate,
    secret: true,
    doc: 'Certificate of temporary credentials, as JSON text.',
  },
  provisionerId: {
    keys: ['tclistener.provisioner_id'],
    kind: text,
    requiredBy: ASKS_FOR_PENDING,
    example: 'buildbot-bridge',
    doc: 'Provisioner id of the tasks that the bridge takes.',
  },
  workerType: {
    keys: ['tclistener.worker_type'],
    kind: text,
    requiredBy: ASKS_FOR_PENDING,
    example: 'buildbot-bridge',
    doc: 'Worker type of the tasks that the bridge takes.',
  },
  workerGroup: {
    keys: ['tc_worker_group', 'bblistener.tc_worker_group'],
    kind: text,
    requiredBy: ALL,
    example: 'buildbot-bridge',
    doc: 'Worker group under which the bridge claims tasks.',
  },
  workerId: {
    keys: ['tc_worker_id', 'bblistener.tc_worker_id'],
    kind: text,
    requiredBy: ALL,
    example: 'buildbot-bridge',
    doc: 'Worker id under which the bridge claims tasks.',
  },
  timeout: {
    keys: ['taskcluster_queue_config.timeout'],
    kind: seconds,
    default: 10,
    doc: 'Maximum seconds for one attempt at a call to Taskcluster.',
  },
  retries: {
    keys: ['taskcluster_queue_config.retries'],
    kind: createWholeNumber(0, 20),
    default: 2,
    doc: 'Maximum retries of a call to Taskcluster that got no answer.',
  },
  callDeadline: {
    keys: ['taskcluster_queue_config.call_deadline'],
    kind: seconds,
    default: limitToGrace,
    defaultDoc: WITHIN_GRACE,
    doc: 'Maximum seconds for a call to Taskcluster with all its retries; must be less than shutdown_grace.',
  },
  maxConnections: {
    keys: ['taskcluster_queue_config.max_connections'],
    kind: createWholeNumber(1, 1000),
    default: 100,
    doc: 'Maximum parallel calls to Taskcluster, each on its own connection.',
  },
  runCredentials: {
    keys: ['taskcluster_queue_config.run_credentials'],
    kind: createChoice('temporary', 'permanent'),
    default: 'temporary',
    doc: "Credentials with which a run is reported: those of its claim (temporary) or the bridge's own (permanent).",
  },
  artifactStorage: {
    keys: ['taskcluster_queue_config.artifact_storage'],
    kind: createChoice('s3', 'object'),
    default: 's3',
    doc: 'Storage type of uploaded artifacts: s3 or object.',
  },
};
