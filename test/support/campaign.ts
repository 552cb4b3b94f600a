import { ProgressLine } from '../../libs/commands/src/output/progress-line.js';

/** How much of every campaign is run: unset, a small share; else this many times the whole campaign. */
const VARIABLE = 'BBB_TEST_CAMPAIGN';

/** Milliseconds for the set-up of a campaign. */
const SET_UP = 30_000;

/** A test may take this many times longer than on a quiet machine. */
const MARGIN = 5;

export interface Amounts {
  /** Runs in `npm test`. */
  usual: number;
  /** Runs in `npm run test:campaigns`. */
  full: number;
  /** Milliseconds that one run takes on a quiet machine. */
  each: number;
}

export interface Campaign {
  runs: number;
  /** Seed of the random cases; the same every time unless `BBB_TEST_SEED` is set. */
  seed: number;
  /** Milliseconds that a test with all runs may take. */
  timeout: number;
}

/** Whether this run goes through whole campaigns. */
export const isFull = process.env[VARIABLE] !== undefined;

/** Whether this run takes all of them: with less than one time each, what runs on several servers does so on one. */
export const isWhole = Number(process.env[VARIABLE]) >= 1;

/** The amount of one campaign in this test run. */
export function planCampaign({ usual, full, each }: Amounts): Campaign {
  const factor = Number(process.env[VARIABLE]);
  const runs = isFull ? Math.max(1, Math.ceil(full * factor)) : usual;
  return { runs, seed: Number(process.env.BBB_TEST_SEED ?? 20), timeout: SET_UP + MARGIN * runs * each };
}

/** Shows the progress of a whole campaign; the small share of `npm test` is short. */
export function followCampaign(what: string, total: number): (done: number) => void {
  const progress = new ProgressLine();
  return (done) => {
    if (isFull) progress.show(done, total, what);
  };
}

/** Every `step`-th item in `npm test`, and all of them in `npm run test:campaigns`. */
export function pickShare<T>(items: readonly T[], step: number): T[] {
  return items.filter((_, index) => isFull || index % step === 0);
}
