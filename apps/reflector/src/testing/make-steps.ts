import { Logger } from '@nestjs/common';
import type { Configuration } from '@bbb/configuration';
import type { Reconciler } from '@bbb/reconciler';
import { type Buildbot, BuilderPolicy, type Clock, type TaskQueue, type TaskStore } from '@bbb/rules';
import { ManualClock } from '../../../../test/support/doubles/manual-clock.js';
import { MemoryPassStore } from '../../../../test/support/doubles/memory-pass-store.js';
import { AbsenceBrake } from '../absence-brake.service.js';
import { MissedRunsStep } from '../missed-runs-step.service.js';
import { OrphanRequestsStep } from '../orphan-requests-step.service.js';
import { TrackedTasksStep } from '../tracked-tasks-step.service.js';

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
  const store = given.store as TaskStore;
  const reconciler = (given.reconciler ?? { isStopping: false, reconcile: async () => 'wait' }) as Reconciler;
  const configuration = {
    taskcluster: { provisionerId: 'p', workerType: 'w', maxConnections: 5 },
    ...given.configuration,
    reflector: { concurrency: 1, batch: 900, orphanGrace: 0, missingLimit: 10, ...given.reflector },
  } as Configuration;
  const policy = new BuilderPolicy({ restricted: [], ignored: [] });
  const brake = new AbsenceBrake(passes, clock, configuration);
  return {
    ...{ brake, passes },
    tracked: new TrackedTasksStep(queue, buildbot, store, reconciler, brake, clock, configuration),
    missed: new MissedRunsStep(store, buildbot, reconciler, policy, configuration),
    orphans: new OrphanRequestsStep(queue, buildbot, store, clock, reconciler, policy, brake, configuration),
  };
}
