import type { Provider } from '@nestjs/common';
import { BridgeDb, JournalWriter, TaskList } from '@bbb/bridge-db';
import { CONFIGURATION, type Configuration } from '@bbb/configuration';
import { OPERATION_SYSTEMS, type OperationSystems } from '@bbb/operation';
import { Pauses, Reconciler } from '@bbb/reconciler';
import { Buildbot, BuilderPolicy, Clock, Journal, PauseStore, Redaction, TaskQueue } from '@bbb/rules';
import { InstanceReports } from './instance-reports.js';
import { readIdentity } from './instance-identity.js';

/** What operators see and order: the journal, pauses, reports of instances, and what their questions are answered from. */
export const OPERATOR_SIDE: Provider[] = [
  InstanceReports,
  {
    provide: Journal,
    inject: [BridgeDb, Redaction, CONFIGURATION],
    useFactory: createJournal,
  },
  {
    provide: Pauses,
    inject: [PauseStore, Clock],
    useFactory: (store: PauseStore, clock: Clock) => new Pauses(store, clock),
  },
  {
    provide: OPERATION_SYSTEMS,
    inject: [TaskQueue, Buildbot, Reconciler, BridgeDb, Clock, BuilderPolicy, CONFIGURATION],
    useFactory: (
      queue: TaskQueue,
      buildbot: Buildbot,
      reconciler: Reconciler,
      db: BridgeDb,
      clock: Clock,
      policy: BuilderPolicy,
      configuration: Configuration,
    ): OperationSystems => ({
      ...{ queue, buildbot, reconciler, db, clock, policy, isMigrated: true },
      tasks: new TaskList(db),
      ...createOperationSettings(configuration),
    }),
  },
];

/** The part of the configuration that answers to operators need. */
export function createOperationSettings({
  taskcluster: { provisionerId, workerType, rootUrl },
  reflector: { orphanGrace },
}: Configuration): Pick<OperationSystems, 'taskQueueId' | 'rootUrl' | 'orphanGrace'> {
  return { taskQueueId: `${provisionerId}/${workerType}`, rootUrl, orphanGrace };
}

function createJournal(
  db: BridgeDb,
  redaction: Redaction,
  { service, journal: { days } }: Configuration,
): Journal | undefined {
  if (days === 0) return undefined;
  const { host, pid } = readIdentity();
  const journal = new JournalWriter(db, { service, instance: `${host}:${pid}` }, redaction);
  db.beforeClosing(() => journal.flush());
  return journal;
}
