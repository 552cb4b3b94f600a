import { BUILDBOT_FAULTS } from './buildbot-faults.js';
import type { WrongSystem } from './fault.js';
import { TASKCLUSTER_FAULTS } from './taskcluster-faults.js';

export { Bridge } from './bridge.js';
export { WrongPlay } from './wrong-play.js';
export type { WrongSystem } from './fault.js';

/** Every outside system that can be played wrong. */
export const WRONG_SYSTEMS: readonly WrongSystem[] = [...TASKCLUSTER_FAULTS, ...BUILDBOT_FAULTS];
