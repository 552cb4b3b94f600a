import { Unavailable, UnfitValue } from '@bbb/rules';
import { readDriverCode, translateErrors } from '@bbb/sql';

export const SYSTEM = 'scheduler-db';

/** Codes that say a value does not fit its column, or its character set. */
const VALUE_CODES = new Set([
  'ER_DATA_TOO_LONG',
  'ER_WARN_DATA_OUT_OF_RANGE',
  'ER_BAD_NULL_ERROR',
  'ER_INVALID_CHARACTER_STRING',
  'ER_CANNOT_CONVERT_STRING',
  'ER_IMPOSSIBLE_STRING_CONVERSION',
  'SQLITE_MISMATCH',
  '23502',
]);

/** Beginnings of such codes, and PostgreSQL's class of data exceptions. */
const VALUE_CODE = /^(?:ER_TRUNCATED_WRONG_VALUE|ER_WRONG_VALUE|22...$)/;

/**
 * Runs database work so that no driver's error leaves: what the database refuses about a value becomes UnfitValue,
 * anything else Unavailable. A missing table or right, which an operator can correct, counts as unavailable too.
 */
export async function translateDriverErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await translateErrors(SYSTEM, work);
  } catch (error) {
    if (error instanceof Unavailable) throw error;
    const code = readDriverCode(error);
    if (code === undefined) throw error;
    if (VALUE_CODES.has(code) || VALUE_CODE.test(code))
      throw new UnfitValue(`the scheduler database rejects a value (${code})`, { cause: error });
    throw new Unavailable(SYSTEM, code, { cause: error });
  }
}
