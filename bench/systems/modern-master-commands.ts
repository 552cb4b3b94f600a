/** What the bench asks of the simulated modern master that runs in a process of its own. */
export type ModernMasterCommand =
  | { ask: 'url' }
  /** Creates a request with a running build for each task. */
  | { ask: 'build'; taskIds: string[] }
  /** Builds start for all open requests that have none. */
  | { ask: 'begin' }
  /** The builds of these requests end in success. */
  | { ask: 'finish'; ids: number[] }
  | { ask: 'requests' }
  | { ask: 'calls' }
  /** Of these, the ones that read requests and builds that are named. */
  | { ask: 'snapshot calls' };

export interface ModernMasterReplies {
  url: string;
  /** Ids of requests, in the order of the tasks. */
  build: number[];
  /** Ids of requests by task. */
  begin: Record<string, number>;
  finish: null;
  /** How many there are. */
  requests: number;
  /** REST calls so far. */
  calls: number;
  'snapshot calls': number;
}

export const MASTER_ACCOUNT = { user: 'bridge', password: 'bench-password' };
