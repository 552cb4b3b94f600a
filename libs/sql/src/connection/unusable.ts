import { Unavailable } from '@bbb/rules';

/**
 * A database that cannot be used as it is. At start an operator has to act first; later the database counts as away.
 */
export abstract class Unusable extends Error {
  /** The same for whoever has to act. @param setting of the database's URL, by the names that an operator knows */
  abstract withSetting(setting: string): Error;
}

/** Why a database counts as away, if an operator has to act. */
export function findUnusable(error: unknown): Unusable | undefined {
  if (error instanceof Unavailable) return findUnusable(error.cause);
  return error instanceof Unusable ? error : undefined;
}
