import { parseArgs } from 'node:util';
import type { LogLevel } from '../process-settings.js';

export interface CommandLine {
  /** The JSON file of the configuration. */
  file?: string;
  logLevel?: LogLevel;
  /** Whether to print only the usage. */
  help?: boolean;
}

export const SERVICE_USAGE = `Options of a service:

  -c, --config FILE  the JSON file of the configuration; BBB_CONFIG otherwise
  -v, --verbose      log more
  -q, --quiet        log errors only
`;

/** EX_USAGE of sysexits.h. */
export const EXIT_USAGE = 64;

/** The command line is invalid. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * Reads the options of a service: `-c FILE` or `--config FILE`, `-v` for more and `-q` for less in the log, `-h`.
 *
 * @throws UsageError for an option that does not exist, and for -v with -q
 */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const values = parseArguments(args);
  if (values.verbose && values.quiet) throw new UsageError('a service takes one of --verbose and --quiet');

  return {
    ...(values.config === undefined ? {} : { file: values.config }),
    ...(values.quiet ? { logLevel: 'error' as const } : {}),
    ...(values.verbose ? { logLevel: 'debug' as const } : {}),
    ...(values.help ? { help: true } : {}),
  };
}

function parseArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        config: { type: 'string', short: 'c' },
        verbose: { type: 'boolean', short: 'v' },
        quiet: { type: 'boolean', short: 'q' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}
