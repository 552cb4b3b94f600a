/** What the bench asks of the Taskcluster that runs in a process of its own. */
export type TaskclusterCommand =
  | { ask: 'url' }
  /** Creates tasks, with a payload of their own; with `claimedAgo` they were claimed by the bridge so many seconds ago. */
  | { ask: 'create'; count: number; claimedAgo?: number; payload?: Record<string, unknown> }
  /** Answers when a method of the queue has been called so often. */
  | { ask: 'called'; method: string; count: number }
  /** How many tasks are in each state. */
  | { ask: 'states' }
  /** The tasks whose state is another one than when this was last asked, without those that were created meanwhile. */
  | { ask: 'changes' };

export interface TaskChange {
  taskId: string;
  state: string;
  /** Epoch milliseconds. */
  resolved: number | null;
}

/** A task as it was made. Times are epoch seconds. */
export interface MadeTask {
  taskId: string;
  scheduled: number;
  takenUntil: number | null;
}

export interface TaskclusterReplies {
  url: string;
  create: MadeTask[];
  called: null;
  states: Record<string, number>;
  changes: TaskChange[];
}
