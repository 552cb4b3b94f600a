/** Command line options of `npm start`, `npm run bench`, `npm run chaos` and `npm run model`. */

/** EX_USAGE of sysexits.h. */
const EXIT_USAGE = 64;

/**
 * @param read throws a TypeError with a message for the user, as parseArgs of node:util does
 * @returns the options of this process; undefined when the usage was printed instead
 */
export function readOptionsGiven<Options>(
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
export function parseWholeNumber(option: string, text: string, least = 1): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least)
    throw new TypeError(`${option} must be a whole number of at least ${least}`);
  return value;
}

/** @throws TypeError with a message for the user */
export function parseDatabase(text: string): 'mysql' | 'postgres' {
  if (text !== 'mysql' && text !== 'postgres') throw new TypeError('--database must be mysql or postgres');
  return text;
}

/** @throws TypeError with a message for the user */
export function parseBuildbot(text: string): 'legacy' | 'modern' {
  if (text !== 'legacy' && text !== 'modern') throw new TypeError('--buildbot must be legacy or modern');
  return text;
}

/** @throws TypeError with a message for the user */
export function parseSchema(text: string): 6 | 24 {
  if (text !== '6' && text !== '24') throw new TypeError('--schema must be 6 or 24');
  return text === '6' ? 6 : 24;
}
