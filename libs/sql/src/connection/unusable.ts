import { Unavailable } from '@bbb/rules';

/**
 * A database that cannot be used until an operator acts. At start it ends the process; later it counts as unavailable.
 */
export abstract class Unusable extends Error {
  /** The error that names the setting to correct. @param setting of the database's URL, by the names that an operator knows */
  abstract withSetting(setting: string): Error;
}

/** Finds the problem that an operator must fix among the causes of an Unavailable. */
export function findUnusable(error: unknown): Unusable | undefined {
  if (error instanceof Unavailable) return findUnusable(error.cause);
  return error instanceof Unusable ? error : undefined;
}
