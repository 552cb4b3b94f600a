import { createContext, Script } from 'node:vm';
import { adversarialSamples, type Sample } from './pattern-samples.js';

/** What a pattern may take over one name, in milliseconds. */
export const PATTERN_PATIENCE = 10;

/** As long as a builder's name may be; before it, lengths at which a hopeless pattern is found out soon. */
const LENGTHS = [22, 30, 64, 255];

/** Milliseconds on one text after which a pattern is given up; a busy machine may keep the process waiting for some. */
const HANGS = 2000;

/** The trial of one pattern, from the text on that comes next; times are milliseconds. */
const TRIAL = new Script(`
search: while (next < texts.length) {
  for (const expression of expressions) {
    let time = took(expression, texts[next]);
    // A busy machine may be slow once, a bad pattern is slow every time.
    for (let again = 0; time > patience && again < 3; again++) time = Math.min(time, took(expression, texts[next]));
    slowest = Math.max(slowest, time);
    if (time > patience) break search;
  }
  next++;
}
function took(expression, text) {
  const begun = now();
  expression.test(text);
  return now() - begun;
}
`);

interface Trial {
  readonly expressions: readonly RegExp[];
  readonly texts: readonly string[];
  readonly patience: number;
  now(): number;
  /** Index of the text that is being tried. */
  next: number;
  slowest: number;
}

/** Where a match has to begin: as of names of builders, or anywhere. */
export type Reach = 'from the start' | 'anywhere';

/** What the trial has shown in this process: patterns, and whether they are slow. */
const known: Record<Reach, Map<string, boolean>> = { 'from the start': new Map(), anywhere: new Map() };

/**
 * Patterns that backtrack so much that a builder's name of the longest kind takes more than {@link PATTERN_PATIENCE}:
 * the name is anybody's to choose, and while it is matched nothing else happens, claims are not renewed.
 *
 * Takes milliseconds for usual patterns, some seconds for each that does not end by itself.
 *
 * @param patterns that JavaScript can read
 */
export function slowPatterns(patterns: readonly string[], reach: Reach = 'from the start'): Set<string> {
  const shown = known[reach];
  // Without a repetition there is nothing to try.
  for (const pattern of new Set(patterns)) {
    if (!shown.has(pattern) && /[*+?{]/.test(pattern))
      shown.set(pattern, slowestOf(pattern, reach === 'anywhere' ? '' : '^') > PATTERN_PATIENCE);
  }
  return new Set(patterns.filter((pattern) => shown.get(pattern) === true));
}

/**
 * Milliseconds that the worst text takes. The trial runs in this thread, where V8 can interrupt an expression at every
 * step back: a thread of its own would leave ten megabytes behind in the process.
 */
function slowestOf(pattern: string, anchor: '^' | ''): number {
  const trial: Trial = {
    expressions: ['', 'i'].map((flags) => new RegExp(`${anchor}(?:${pattern})`, flags)),
    texts: LENGTHS.flatMap((length) => adversarialSamples(pattern).map((sample) => textOf(sample, length))),
    patience: PATTERN_PATIENCE,
    now: () => performance.now(),
    next: 0,
    slowest: 0,
  };
  const context = createContext(trial);
  for (let stuckAt = -1; ; stuckAt = trial.next) {
    try {
      TRIAL.runInContext(context, { timeout: HANGS });
      return trial.slowest;
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
      // One text takes for ever; otherwise there are many and the machine is busy.
      if (trial.next === stuckAt) return Infinity;
    }
  }
}

function textOf({ prefix, pump, suffix }: Sample, length: number): string {
  const room = Math.max(0, length - prefix.length - suffix.length);
  return prefix + pump.repeat(Math.ceil(room / pump.length)).slice(0, room) + suffix;
}
