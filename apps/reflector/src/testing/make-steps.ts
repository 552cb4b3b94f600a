import { Logger } from '@nestjs/common';
import type { Configuration } from '@bbb/configuration';
import type { Reconciler } from '@bbb/reconciler';
import { type Buildbot, BuilderPolicy, type Clock, type TaskQueue, type TaskStore } from '@bbb/rules';
import { ManualClock } from '../../../../test/support/doubles/manual-clock.js';
import { MemoryPassStore } from '../../../../test/support/doubles/memory-pass-store.js';
import { MemoryWalkStore } from '../../../../test/support/doubles/memory-walk-store.js';
import { AbsenceBrake } from '../absence-brake.service.js';
import { MissedRunsStep } from '../missed-runs-step.service.js';
import { OrphanRequestsStep } from '../orphan-requests-step.service.js';
import { TrackedTasksStep } from '../tracked-tasks-step.service.js';
import { SharedWalks } from '../walk/shared-walks.service.js';

/** A pass that is not shared, because it never takes long. */
export const PASS = { begun: Infinity, interval: 60 };

/** What a test needs of the systems around a pass; the rest is not there. */
export interface Surroundings {
  queue?: Partial<TaskQueue>;
  buildbot?: Partial<Buildbot>;
  store?: Partial<TaskStore>;
  reconciler?: Partial<Reconciler>;
  clock?: Clock;
  passes?: MemoryPassStore;
  reflector?: Partial<Configuration['reflector']>;
  configuration?: object;
}

/** The steps of a pass, and the brake that they share. Nothing is logged. */
export function makeSteps({
  clock = new ManualClock(),
  passes = new MemoryPassStore(),
  ...given
}: Surroundings) {
  Logger.overrideLogger(false);
  const queue = { readClockOffset: () => undefined, ...given.queue } as TaskQueue;
  const buildbot = given.buildbot as Buildbot;
  const store = { listBuildRequestIds: async () => [], ...given.store } as Partial<TaskStore> as TaskStore;
  const reconciler = given.reconciler
    ? withUnsettled(given.reconciler)
    : withUnsettled({ isStopping: false, reconcile: async () => 'wait' });
  const configuration = {
    taskcluster: { provisionerId: 'p', workerType: 'w', maxConnections: 5 },
    ...given.configuration,
    reflector: { concurrency: 1, batch: 900, orphanGrace: 0, missingLimit: 10, ...given.reflector },
  } as Configuration;
  const policy = new BuilderPolicy({ restricted: [], ignored: [] });
  const brake = new AbsenceBrake(passes, clock, configuration);
  const walks = new SharedWalks(store, new MemoryWalkStore(), clock, configuration);
  return {
    ...{ brake, passes },
    tracked: new TrackedTasksStep(queue, buildbot, walks, reconciler, brake, clock, configuration),
    missed: new MissedRunsStep(store, buildbot, reconciler, policy, configuration),
    orphans: new OrphanRequestsStep(queue, buildbot, store, clock, reconciler, policy, brake, configuration),
  };
}

/** Finds something to do for every task. */
function withUnsettled(reconciler: Partial<Reconciler>): Reconciler {
  return Object.defineProperties(
    { selectUnsettled: (batch: readonly unknown[]) => [...batch] },
    Object.getOwnPropertyDescriptors(reconciler),
  ) as Partial<Reconciler> as Reconciler;
}
