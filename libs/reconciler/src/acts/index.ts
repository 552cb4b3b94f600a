import type { Verdict } from '@bbb/rules';
import { DONE } from '../scene.js';
import type { Act } from '../tools.js';
import { adopt } from './adopt.js';
import { claim, reclaim, rerun, retry } from './claims.js';
import { abandon, cancelRequest, cancelTask, forget, noteMissing, reorder } from './endings.js';
import { inject, refuse } from './inject.js';
import { resolve } from './resolve.js';
import { withdraw } from './withdraw.js';

const nothing: Act = () => Promise.resolve(DONE);

/** Each verdict and what carries it out. */
export const ACTS: Record<Verdict, Act> = {
  ignore: nothing,
  wait: nothing,
  inject,
  adopt,
  withdraw,
  refuse,
  claim,
  reclaim,
  retry,
  rerun,
  resolve,
  abandon,
  reorder,
  'cancel-task': cancelTask,
  'cancel-request': cancelRequest,
  'note-missing': noteMissing,
  forget,
};
