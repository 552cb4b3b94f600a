import type { Database, TaskList } from '@bbb/bridge-db';
import type { BuilderPolicy, Buildbot, Clock, TaskQueue } from '@bbb/rules';
import type { Reconciler } from '@bbb/reconciler';

/** Injection token of the {@link OperationSystems} of a service. */
export const OPERATION_SYSTEMS = Symbol('OPERATION_SYSTEMS');

/** What the questions of operators are answered from. Everything is only read. */
export interface OperationSystems {
  queue: TaskQueue;
  buildbot: Buildbot;
  /** Only explains. */
  reconciler: Pick<Reconciler, 'explain'>;
  /** The bridge's own. It may still have the Python bridge's schema. */
  db: Database;
  /** The tracked tasks in it. */
  tasks: TaskList;
  /** Whether the database has the tables of this version. */
  isMigrated: boolean;
  clock: Clock;
  policy: BuilderPolicy;
  /** `<provisionerId>/<workerType>`. */
  taskQueueId: string;
  /** Seconds that an open build request may be without a row. */
  orphanGrace: number;
  /** Of Taskcluster. */
  rootUrl: string;
}
