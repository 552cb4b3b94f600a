import type { Verdict } from '@bbb/rules';
import { DONE } from '../situation.js';
import type { Act } from '../context.js';
import { adopt } from './adopt.js';
import { claim, reclaim, rerun, retry } from './claims.js';
import { abandon, cancelRequest, cancelTask, forget, noteMissing, recreateRequest } from './endings.js';
import { createRequest, reject } from './create-request.js';
import { resolve } from './resolve.js';
import { withdraw } from './withdraw.js';

const doNothing: Act = () => Promise.resolve(DONE);

/** The act that carries out each verdict. */
export const ACTS: Record<Verdict, Act> = {
  ignore: doNothing,
  wait: doNothing,
  'create-request': createRequest,
  adopt,
  withdraw,
  reject,
  claim,
  reclaim,
  retry,
  rerun,
  resolve,
  abandon,
  'recreate-request': recreateRequest,
  'cancel-task': cancelTask,
  'cancel-request': cancelRequest,
  'note-missing': noteMissing,
  forget,
};
