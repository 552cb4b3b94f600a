import type { Buildbot, MessageStore, TaskQueue, TaskStore } from '@bbb/rules';
import type { Rules } from '@bbb/reconciler';
import type { AbsenceBrake } from '../../../apps/reflector/src/absence-brake.service.js';
import type { OrphanRequestsStep } from '../../../apps/reflector/src/orphan-requests-step.service.js';
import type { TrackedTasksStep } from '../../../apps/reflector/src/tracked-tasks-step.service.js';
import type { MissedRunsStep } from '../../../apps/reflector/src/missed-runs-step.service.js';

/** The parts of a reflector's pass. */
export interface PassParts {
  tracked: TrackedTasksStep;
  missed: MissedRunsStep;
  orphans: OrphanRequestsStep;
}

/** A way in which the bridge may be wrong; each part stands in for the right one. Nothing given: the bridge as it is. */
export interface Mutant {
  rules?: Rules;
  queue?: (right: TaskQueue) => TaskQueue;
  buildbot?: (right: Buildbot) => Buildbot;
  store?: (right: TaskStore) => TaskStore;
  messages?: (right: MessageStore) => MessageStore;
  parts?: (right: PassParts) => PassParts;
  brake?: () => AbsenceBrake;
  /** The scheduler database without its lock. */
  noLock?: boolean;
}
