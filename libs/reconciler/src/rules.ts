import { catchUp, decide, type Facts, deriveFacts, belongsToRun, type Verdict } from '@bbb/rules';
import { ACTS } from './acts/index.js';
import type { Act } from './context.js';

/** The decision rules and the acts. Tests replace some with wrong ones, to check that the other tests fail then. */
export interface Rules {
  factsOf: typeof deriveFacts;
  catchUp: typeof catchUp;
  isRequestOf: typeof belongsToRun;
  decide: (facts: Facts) => Verdict;
  acts: Record<Verdict, Act>;
}

export const RULES: Rules = { factsOf: deriveFacts, catchUp, isRequestOf: belongsToRun, decide, acts: ACTS };
