import { Invalid } from '@bbb/rules';

/**
 * Runs work that reads a setting, and adds the setting's name to its error.
 *
 * @param setting by the names that an operator knows
 * @throws Invalid with these names at the start of the message, when the work throws Invalid
 */
export function nameSetting<T>(setting: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Invalid) throw new Invalid(`${setting}: ${error.message}`, { cause: error });
    throw error;
  }
}
