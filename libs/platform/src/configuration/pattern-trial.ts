import { Worker } from 'node:worker_threads';
import { adversarialSamples } from './pattern-samples.js';

/** What a pattern may take over one name, in milliseconds. */
export const PATTERN_PATIENCE = 10;

/** As long as a builder's name may be; before it, lengths at which a hopeless pattern is found out soon. */
const LENGTHS = [22, 30, 64, 255];

/** Milliseconds on one text after which a pattern is given up; a busy machine may keep the thread waiting for some. */
const HANGS = 2000;

/** Milliseconds for the thread to begin. */
const BEGINS = 30_000;

/** Runs in a thread of its own, where a pattern that never ends holds up nobody. Times are milliseconds. */
const TRIAL = `
const { workerData: { patterns, anchor, state, times } } = require('node:worker_threads');
const progress = new Int32Array(state);
const result = new Float64Array(times);
const step = () => { Atomics.add(progress, 0, 1); Atomics.notify(progress, 0); };
const tick = () => Atomics.add(progress, 1, 1);
const took = (expression, text) => {
  const begun = performance.now();
  expression.test(text);
  return performance.now() - begun;
};
step();
patterns.forEach(({ pattern, samples }, index) => {
  const expressions = ['', 'i'].map((flags) => new RegExp(anchor + '(?:' + pattern + ')', flags));
  search: for (const length of ${JSON.stringify(LENGTHS)}) {
    for (const { prefix, pump, suffix } of samples) {
      const room = Math.max(0, length - prefix.length - suffix.length);
      const text = prefix + pump.repeat(Math.ceil(room / pump.length)).slice(0, room) + suffix;
      for (const expression of expressions) {
        tick();
        let time = took(expression, text);
        // A busy machine may be slow once, a bad pattern is slow every time.
        for (let again = 0; time > ${PATTERN_PATIENCE} && again < 3; again++, tick()) time = Math.min(time, took(expression, text));
        result[index] = Math.max(result[index], time);
        if (time > ${PATTERN_PATIENCE}) break search;
      }
    }
  }
  step();
});
`;

/** Where a match has to begin: as of names of builders, or anywhere. */
export type Reach = 'from the start' | 'anywhere';

/** What the trial has shown in this process: patterns, and whether they are slow. */
const known: Record<Reach, Map<string, boolean>> = { 'from the start': new Map(), anywhere: new Map() };

/**
 * Patterns that backtrack so much that a builder's name of the longest kind takes more than {@link PATTERN_PATIENCE}:
 * the name is anybody's to choose, and while it is matched nothing else happens, claims are not renewed.
 *
 * Waits for the trial, since nothing may begin before it: milliseconds for usual patterns, a second for each that
 * does not end by itself.
 *
 * @param patterns that JavaScript can read
 */
export function slowPatterns(patterns: readonly string[], reach: Reach = 'from the start'): Set<string> {
  const shown = known[reach];
  // Without a repetition there is nothing to try.
  let left = [...new Set(patterns)].filter((pattern) => !shown.has(pattern) && /[*+?{]/.test(pattern));
  while (left.length > 0) {
    const times = trial(left, reach);
    times.forEach((time, index) => shown.set(left[index]!, time > PATTERN_PATIENCE));
    left = left.slice(times.length);
  }
  return new Set(patterns.filter((pattern) => shown.get(pattern) === true));
}

/** How long each took; ends with the first one that hangs. */
function trial(patterns: readonly string[], reach: Reach): number[] {
  const state = new SharedArrayBuffer(8);
  const times = new SharedArrayBuffer(8 * patterns.length);
  const progress = new Int32Array(state);
  const tried = patterns.map((pattern) => ({ pattern, samples: adversarialSamples(pattern) }));
  const worker = new Worker(TRIAL, {
    eval: true,
    workerData: { patterns: tried, anchor: reach === 'anywhere' ? '' : '^', state, times },
    env: {},
    execArgv: [],
  });
  try {
    const results = new Float64Array(times);
    if (Atomics.wait(progress, 0, 0, BEGINS) === 'timed-out')
      throw new Error('patterns cannot be tried: no thread begins');
    for (let index = 0; index < patterns.length; index++) {
      if (!ends(progress, index + 1)) return [...results.slice(0, index), Infinity];
    }
    return [...results];
  } finally {
    void worker.terminate();
  }
}

/** Waits for the end of a trial; false when one of its texts takes for ever. */
function ends(progress: Int32Array<SharedArrayBuffer>, step: number): boolean {
  for (let texts = -1; ; texts = Atomics.load(progress, 1)) {
    if (Atomics.wait(progress, 0, step, HANGS) !== 'timed-out') return true;
    if (Atomics.load(progress, 1) === texts) return false;
  }
}
