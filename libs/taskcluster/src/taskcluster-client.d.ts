// The package comes without types: the part of it that the bridge uses.
declare module 'taskcluster-client' {
  import type { Agent as HttpAgent } from 'node:http';
  import type { Agent as HttpsAgent } from 'node:https';

  export interface Credentials {
    clientId: string;
    accessToken: string;
    certificate?: string;
  }

  export interface ClientOptions {
    rootUrl: string;
    credentials?: Credentials;
    authorizedScopes?: readonly string[];
    /** Milliseconds, for one request. */
    timeout?: number;
    retries?: number;
  }

  export interface PageQuery {
    continuationToken?: string;
    limit?: number;
  }

  /** Replies are whatever the server sent, and undefined for a redirect or anything that is not JSON. */
  export class Queue {
    constructor(options: ClientOptions);
    status(taskId: string): Promise<unknown>;
    statuses(payload: { taskIds: readonly string[] }, query?: PageQuery): Promise<unknown>;
    task(taskId: string): Promise<unknown>;
    createTask(taskId: string, payload: unknown): Promise<unknown>;
    listPendingTasks(taskQueueId: string, query?: PageQuery): Promise<unknown>;
    listClaimedTasks(taskQueueId: string, query?: PageQuery): Promise<unknown>;
    claimTask(
      taskId: string,
      runId: number,
      payload: { workerGroup: string; workerId: string },
    ): Promise<unknown>;
    reclaimTask(taskId: string, runId: number): Promise<unknown>;
    reportCompleted(taskId: string, runId: number): Promise<unknown>;
    reportFailed(taskId: string, runId: number): Promise<unknown>;
    reportException(taskId: string, runId: number, payload: { reason: string }): Promise<unknown>;
    cancelTask(taskId: string): Promise<unknown>;
    rerunTask(taskId: string): Promise<unknown>;
    createArtifact(taskId: string, runId: number, name: string, payload: unknown): Promise<unknown>;
    finishArtifact(
      taskId: string,
      runId: number,
      name: string,
      payload: { uploadId: string },
    ): Promise<unknown>;
  }

  /** The object service. */
  class ObjectClient {
    constructor(options: ClientOptions);
    createUpload(name: string, payload: unknown): Promise<unknown>;
    finishUpload(name: string, payload: unknown): Promise<unknown>;
  }

  const taskcluster: {
    /** What a client takes when it is constructed without the `agent` option. */
    agents: { http: HttpAgent; https: HttpsAgent };
    Queue: typeof Queue;
    Object: typeof ObjectClient;
  };
  export default taskcluster;
  export type { ObjectClient };
}
