import { Invalid, Unavailable } from '@bbb/rules';
import { driverCode, translateErrors } from '@bbb/sql';

export const SYSTEM = 'scheduler-db';

/** Codes that say a value does not fit its column, or its character set. */
const VALUE =
  /^(ER_(DATA_TOO_LONG|TRUNCATED_WRONG_VALUE.*|WRONG_VALUE.*|WARN_DATA_OUT_OF_RANGE|BAD_NULL_ERROR|INVALID_CHARACTER_STRING|CANNOT_CONVERT_STRING|IMPOSSIBLE_STRING_CONVERSION)|SQLITE_MISMATCH|22...|23502)$/;

/**
 * Runs database work so that no driver's error leaves: what the database refuses about a value becomes Invalid,
 * anything else Unavailable. A missing table or right is the operator's to mend, so it counts as unavailable too.
 */
export async function translateDriverErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await translateErrors(SYSTEM, work);
  } catch (error) {
    if (error instanceof Unavailable) throw error;
    const code = driverCode(error);
    if (code === undefined) throw error;
    if (VALUE.test(code))
      throw new Invalid(`the scheduler database rejects a value (${code})`, { cause: error });
    throw new Unavailable(SYSTEM, code, { cause: error });
  }
}
