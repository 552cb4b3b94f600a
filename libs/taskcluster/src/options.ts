/** How to reach Taskcluster, as whom, and for which task queue. */
export interface TaskclusterOptions {
  /** For example `https://tc.example.com`. */
  rootUrl: string;
  clientId: string;
  accessToken: string;
  /** Only where the credentials are temporary ones. */
  certificate?: string;
  provisionerId: string;
  workerType: string;
  workerGroup: string;
  workerId: string;
  /** Seconds for one HTTP call. */
  timeout: number;
  /** How often an HTTP call is repeated after a 5xx, a timeout or a network error. */
  retries: number;
  /** Connections to Taskcluster at a time, of this process. */
  maxConnections: number;
  /**
   * With which credentials runs are reclaimed, reported and given artifacts: those that the claim grants, or our own,
   * which then need `queue:reclaim-task:*`, `queue:resolve-task:*` and `queue:create-artifact:*`.
   */
  runCredentials: 'temporary' | 'permanent';
  /** Where the deployment stores artifacts. */
  artifactStorage: 's3' | 'object';
  /** Seconds for one call of the port, with everything it takes; below what a shutdown waits for. Default 20. */
  callDeadline?: number;
}
