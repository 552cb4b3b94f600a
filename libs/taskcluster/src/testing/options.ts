import type { TaskclusterOptions } from '../index.js';

/** Options of the bridge's worker at a simulated Taskcluster. */
export function createOptions(
  { url }: { url: string },
  changes: Partial<TaskclusterOptions> = {},
): TaskclusterOptions {
  return {
    rootUrl: url,
    clientId: 'bridge',
    accessToken: 'the-access-token-of-the-bridge',
    provisionerId: 'buildbot-bridge',
    workerType: 'buildbot-bridge',
    workerGroup: 'bridge',
    workerId: 'one',
    timeout: 10,
    retries: 1,
    maxConnections: 4,
    runCredentials: 'temporary',
    artifactStorage: 's3',
    ...changes,
  };
}
