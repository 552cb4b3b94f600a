import { Invalid } from '@bbb/rules';

/**
 * Runs work that reads a setting.
 *
 * @param setting by the names that an operator knows
 * @throws Invalid with these names in the message, where the work does without
 */
export function nameSetting<T>(setting: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Invalid) throw new Invalid(`${setting}: ${error.message}`, { cause: error });
    throw error;
  }
}
