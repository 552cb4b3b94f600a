// The packages have no types; these are the parts that the bridge and its tests use.

declare module 'taskcluster-client/src/apis.js' {
  export interface ApiReference {
    serviceName: string;
    apiVersion: string;
    entries: readonly {
      type: string;
      name: string;
      method: string;
      /** With `<name>` for each of `args`. */
      route: string;
      args: readonly string[];
    }[];
  }
  const references: Record<'Queue' | 'Object' | 'Auth', { reference: ApiReference }>;
  export default references;
}

declare module 'hawk' {
  const hawk: {
    client: {
      header(
        url: URL,
        verb: string,
        options: {
          credentials: { id: string; key: string; algorithm: 'sha256' };
          ext?: string | undefined;
          timestamp: number;
          nonce: string;
        },
      ): { header: string };
    };
  };
  export default hawk;
}

declare module 'taskcluster-client' {
  export interface Credentials {
    clientId: string;
    accessToken: string;
    certificate?: string;
  }

  export interface ClientOptions {
    rootUrl: string;
    credentials?: Credentials;
    authorizedScopes?: readonly string[];
    /** Milliseconds for one request. */
    timeout?: number;
    retries?: number;
  }

  export interface PageQuery {
    continuationToken?: string;
    limit?: number;
  }

  /** Replies are the server's JSON, unchecked; undefined for a redirect or anything that is not JSON. */
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
    agents: { http: import('node:http').Agent; https: import('node:https').Agent };
    Queue: typeof Queue;
    Object: typeof ObjectClient;
  };
  export default taskcluster;
  export type { ObjectClient };
}
