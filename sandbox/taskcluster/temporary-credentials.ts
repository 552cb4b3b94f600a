import { randomBytes } from 'node:crypto';
import { slugid } from './identifiers.js';
import type { WireCredentials, Worker } from './wire.js';

/** What a certificate says; the simulator believes it without checking its signature. Times in milliseconds. */
export interface Certificate {
  version: 1;
  scopes: string[];
  start: number;
  expiry: number;
  seed: string;
  signature: string;
  issuer: string;
}

/** Credentials for one run: its own scopes and, as the real queue does, all of the task's. */
export function runCredentials(
  run: Worker & { taskId: string; runId: number; taskScopes: readonly string[] },
  now: number,
  expiry: number,
): WireCredentials {
  const of = `${run.taskId}/${run.runId}`;
  return issue(
    `task-client/${of}/on/${run.workerGroup}/${run.workerId}/until/${expiry / 1000}`,
    [
      `queue:reclaim-task:${of}`,
      `queue:resolve-task:${of}`,
      `queue:create-artifact:${of}`,
      ...run.taskScopes,
    ],
    now,
    expiry,
  );
}

/** Credentials for uploading one object. */
export function uploadCredentials(
  projectId: string,
  name: string,
  now: number,
  expiry: number,
): WireCredentials {
  return issue(`queue-upload/${slugid()}`, [`object:upload:${projectId}:${name}`], now, expiry);
}

function issue(clientId: string, scopes: string[], now: number, expiry: number): WireCredentials {
  const certificate: Certificate = {
    version: 1,
    scopes,
    start: now - 5 * 60_000,
    expiry,
    seed: slugid() + slugid(),
    signature: randomBytes(32).toString('base64'),
    issuer: 'static/taskcluster/queue',
  };
  return {
    clientId,
    accessToken: randomBytes(32).toString('base64url'),
    certificate: JSON.stringify(certificate),
  };
}
