/** Address of Taskcluster, credentials of the bridge, and its task queue. */
export interface TaskclusterOptions {
  /** For example `https://tc.example.com`. */
  rootUrl: string;
  clientId: string;
  accessToken: string;
  /** Only for temporary credentials. */
  certificate?: string;
  provisionerId: string;
  workerType: string;
  workerGroup: string;
  workerId: string;
  /** Maximum seconds for one HTTP call. */
  timeout: number;
  /** Maximum retries of an HTTP call after a 5xx, a timeout or a network error. */
  retries: number;
  /** Maximum connections of this process to Taskcluster. */
  maxConnections: number;
  /**
   * Credentials for reclaims, reports and artifacts of runs: those that the claim grants, or the bridge's own, which then
   * need `queue:reclaim-task:*`, `queue:resolve-task:*` and `queue:create-artifact:*`.
   */
  runCredentials: 'temporary' | 'permanent';
  /** Storage type of the deployment's artifacts. */
  artifactStorage: 's3' | 'object';
  /** Maximum seconds for one call of the port, retries included; less than the shutdown grace. Default 20. */
  callDeadline?: number;
}
