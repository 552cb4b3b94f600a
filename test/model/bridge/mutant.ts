import type { Buildbot, MessageStore, TaskQueue, TaskStore, TurnStore } from '@bbb/rules';
import type { Rules } from '@bbb/reconciler';
import type { BuildbotKind } from '../buildbot/farm.js';
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
  /** Only this kind of Buildbot shows it. */
  kind?: BuildbotKind;
  rules?: Rules;
  queue?: (right: TaskQueue) => TaskQueue;
  buildbot?: (right: Buildbot) => Buildbot;
  store?: (right: TaskStore) => TaskStore;
  messages?: (right: MessageStore) => MessageStore;
  parts?: (right: PassParts) => PassParts;
  turns?: (right: TurnStore) => TurnStore;
  /** The rows as the step that looks for orphans reads them. */
  rowsOfOrphans?: (right: TaskStore) => TaskStore;
  /** The scheduler database without its lock. */
  noLock?: boolean;
  /** Does not ask whether a build's number has been given again. */
  trustsNumbers?: boolean;
}
