import type { RejectionReasons } from './rejection-reasons.js';

/** Half of a surrogate pair; JSON parsers of Python 2.6, and of 2.7 with wide characters, refuse it. */
const HALF_CHARACTER = /\p{Surrogate}/u;

/**
 * What a property's value holds that Buildbot's master could not load, or would load as something else. Numbers beyond
 * 2^53 have been rounded by the time they are here, and what is too large for a number has become infinite.
 *
 * @param value JSON, nested no deeper than a stack bears
 */
export function* valueProblems(value: unknown, reasons: RejectionReasons): Generator<string> {
  if (typeof value === 'string') {
    yield* textProblems(value, reasons);
  } else if (typeof value === 'number') {
    if (!Number.isFinite(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER) yield reasons.number;
  } else if (value !== null && typeof value === 'object') {
    for (const [name, item] of Object.entries(value)) {
      yield* textProblems(name, reasons);
      yield* valueProblems(item, reasons);
    }
  }
}

function* textProblems(text: string, reasons: RejectionReasons): Generator<string> {
  if (text.includes('\0')) yield reasons.nul;
  if (HALF_CHARACTER.test(text)) yield reasons.halfCharacter;
}

/** Whether a value has more than so many levels; without recursion, because the input is anybody's. */
export function isDeeperThan(limit: number, value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; depth <= limit; depth++) {
    level = level.flatMap((item) =>
      item !== null && typeof item === 'object' ? (Object.values(item) as unknown[]) : [],
    );
    if (level.length === 0) return false;
  }
  return true;
}
