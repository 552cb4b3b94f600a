/** What the queue says and hears on the wire: its JSON, version 106. Times are ISO 8601 strings. */

export type WireRunState = 'pending' | 'running' | 'completed' | 'failed' | 'exception';

export interface WireRun {
  runId: number;
  state: WireRunState;
  reasonCreated: string;
  reasonResolved?: string;
  workerGroup?: string;
  workerId?: string;
  takenUntil?: string;
  scheduled: string;
  started?: string;
  resolved?: string;
}

export interface WireStatus {
  taskId: string;
  provisionerId: string;
  workerType: string;
  taskQueueId: string;
  schedulerId: string;
  projectId: string;
  taskGroupId: string;
  priority: string;
  deadline: string;
  expires: string;
  retriesLeft: number;
  state: WireRunState | 'unscheduled';
  runs: WireRun[];
}

/** A task definition with every default filled in, as the queue stores and returns it. */
export interface WireTask {
  provisionerId: string;
  workerType: string;
  taskQueueId: string;
  schedulerId: string;
  projectId: string;
  taskGroupId: string;
  dependencies: string[];
  requires: 'all-completed' | 'all-resolved';
  routes: string[];
  priority: string;
  retries: number;
  created: string;
  deadline: string;
  expires: string;
  scopes: string[];
  payload: Record<string, unknown>;
  metadata: { name: string; description: string; owner: string; source: string };
  tags: Record<string, string>;
  extra: Record<string, unknown>;
}

export interface WireCredentials {
  clientId: string;
  accessToken: string;
  certificate: string;
}

/** What claimTask grants; `task` only there, not in a reclaim. The HTTP side adds `credentials`. */
export interface WireClaim {
  status: WireStatus;
  runId: number;
  workerGroup: string;
  workerId: string;
  takenUntil: string;
  task?: WireTask;
}

export interface Worker {
  workerGroup: string;
  workerId: string;
}

/** Epoch milliseconds as the API writes them in a status. */
export function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** The same moment as the database writes it in a claim's reply: `+00:00`, and no trailing zeros in the fraction. */
export function databaseTime(milliseconds: number): string {
  return `${isoTime(milliseconds)
    .slice(0, -1)
    .replace(/\.?0+$/, '')}+00:00`;
}
