import { Unavailable } from '@bbb/rules';

/**
 * A database that cannot be used until an operator acts. At start it ends the process; later it counts as unavailable.
 */
export abstract class Unusable extends Error {
  /** The error that names the setting to correct. @param setting of the database's URL, by the names that an operator knows */
  abstract withSetting(setting: string): Error;
}

/** The reason why an operator has to act, behind an error that says unavailable. */
export function findUnusable(error: unknown): Unusable | undefined {
  if (error instanceof Unavailable) return findUnusable(error.cause);
  return error instanceof Unusable ? error : undefined;
}
