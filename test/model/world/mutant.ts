import type { Buildbot, MessageStore, TaskQueue, TaskStore } from '@bbb/rules';
import type { Rules } from '@bbb/reconciler';
import type { OrphanSweep } from '../../../apps/reflector/src/orphan-sweep.service.js';
import type { TrackedWalk } from '../../../apps/reflector/src/tracked-walk.service.js';
import type { UntrackedRuns } from '../../../apps/reflector/src/untracked-runs.service.js';

/** The parts of a reflector's pass. */
export interface PassParts {
  walk: TrackedWalk;
  untracked: UntrackedRuns;
  orphans: OrphanSweep;
}

/** A way in which the bridge may be wrong; each part stands in for the right one. Nothing given: the bridge as it is. */
export interface Mutant {
  rules?: Rules;
  queue?: (right: TaskQueue) => TaskQueue;
  buildbot?: (right: Buildbot) => Buildbot;
  store?: (right: TaskStore) => TaskStore;
  messages?: (right: MessageStore) => MessageStore;
  parts?: (right: PassParts) => PassParts;
  /** The scheduler database without its lock. */
  noLock?: boolean;
}
