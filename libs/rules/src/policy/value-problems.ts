import type { RejectionReasons } from './rejection-reasons.js';

/** Half of a surrogate pair. JSON parsers of Python 2.6, and of 2.7 with wide characters, do not accept it. */
const HALF_CHARACTER = /\p{Surrogate}/u;

/**
 * Finds what a Buildbot master could not load, or would load as another value. Numbers beyond 2^53 have already been
 * rounded by the JSON parser, and larger ones have become infinite.
 *
 * @param value JSON whose nesting is limited, because it is read recursively
 */
export function* findValueProblems(value: unknown, reasons: RejectionReasons): Generator<string> {
  if (typeof value === 'string') {
    yield* findTextProblems(value, reasons);
  } else if (typeof value === 'number') {
    if (!Number.isFinite(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER) yield reasons.number;
  } else if (value !== null && typeof value === 'object') {
    for (const [name, item] of Object.entries(value)) {
      yield* findTextProblems(name, reasons);
      yield* findValueProblems(item, reasons);
    }
  }
}

function* findTextProblems(text: string, reasons: RejectionReasons): Generator<string> {
  if (text.includes('\0')) yield reasons.nul;
  if (HALF_CHARACTER.test(text)) yield reasons.halfCharacter;
}

/** Whether a value has more than `limit` levels. It does not recurse, because untrusted input may be nested deeply. */
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
