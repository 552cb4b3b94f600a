/** What the project's own commands share: `npm start`, `npm run bench`, `npm run chaos` and `npm run model`. */

/** sysexits.h: the command was used wrongly. */
const EXIT_USAGE = 64;

/**
 * @param read throws a TypeError, as parseArgs of node:util does, whose message is meant for the user
 * @returns the options of this process; nothing where the usage was shown in their place
 */
export function optionsGiven<Options>(
  read: (args: readonly string[]) => Options | 'help',
  usage: string,
): Options | undefined {
  try {
    const options = read(process.argv.slice(2));
    if (options !== 'help') return options;
    process.stdout.write(usage);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    process.stderr.write(`${error.message}\n\n${usage}`);
    process.exitCode = EXIT_USAGE;
  }
  return undefined;
}

/** @throws TypeError with a message for the user */
export function wholeNumber(option: string, text: string, least = 1): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least)
    throw new TypeError(`${option} is a whole number from ${least}`);
  return value;
}

/** @throws TypeError with a message for the user */
export function databaseNamed(text: string): 'mysql' | 'postgres' {
  if (text !== 'mysql' && text !== 'postgres') throw new TypeError('--database is mysql or postgres');
  return text;
}

/** @throws TypeError with a message for the user */
export function schemaNamed(text: string): 6 | 24 {
  if (text !== '6' && text !== '24') throw new TypeError('--schema is 6 or 24');
  return text === '6' ? 6 : 24;
}
