import { catchUp, decide, type Facts, factsOf, isRequestOf, type Verdict } from '@bbb/rules';
import { ACTS } from './acts/index.js';
import type { Act } from './context.js';

/** What is asked for, and how it is done. Tests put wrong ones in, to see whether anybody would notice. */
export interface Rules {
  factsOf: typeof factsOf;
  catchUp: typeof catchUp;
  isRequestOf: typeof isRequestOf;
  decide: (facts: Facts) => Verdict;
  acts: Record<Verdict, Act>;
}

export const RULES: Rules = { factsOf, catchUp, isRequestOf, decide, acts: ACTS };
