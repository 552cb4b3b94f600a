import { CommanderError } from 'commander';
import type { CommandHost } from './command-host.js';
import { EXIT_CONFIGURATION, EXIT_DONE, EXIT_FAILED, EXIT_USAGE, UsageError } from './exit-codes.js';
import { createProgram } from './program/create-program.js';
import { loadCommands } from './program/registry.js';

/** Errors that an operator can fix, by name, so that the libraries that throw them need not be loaded. */
const REFUSALS = new Set(['ConfigurationError', 'StartRefused', 'MigrationsPending', 'NotStrict', 'Invalid']);

/** Commander's codes for --help and --version, whose text it has printed already. */
const ANSWERED = new Set(['commander.help', 'commander.helpDisplayed', 'commander.version']);

/**
 * Runs one command line.
 *
 * @param args without the names of Node.js and of the script
 * @returns the exit code; undefined when a service now runs in this process
 */
export async function runCommandLine(
  args: readonly string[],
  host: CommandHost,
): Promise<number | undefined> {
  let code: number | undefined;
  try {
    const program = createProgram(await loadCommands(args), host, (result) => {
      code = result;
    });
    await program.parseAsync(shieldTaskIds(args), { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError && ANSWERED.has(error.code)) return EXIT_DONE;
    return report(error, host);
  }
}

/** A slugid: a version 4 UUID in URL-safe base64, here one that begins with a hyphen. */
const HYPHENATED_TASK_ID = /^-[\w-]{7}[Q-T][\w-][CGKOSWaeimquy26-][\w-]{10}[AQgw]$/;

/** The id of a task may begin with a hyphen: behind `--` it is not taken for an option. */
function shieldTaskIds(args: readonly string[]): string[] {
  const ids = args.filter((arg) => HYPHENATED_TASK_ID.test(arg));
  if (ids.length === 0 || args.includes('--')) return [...args];
  return [...args.filter((arg) => !ids.includes(arg)), '--', ...ids];
}

function report(error: unknown, { stderr }: CommandHost): number {
  if (error instanceof UsageError || error instanceof CommanderError) {
    const text = error.message
      .replace(/^error: /, '')
      .replace(/^unknown option (.*)$/s, 'unknown option: $1');
    stderr.write(`${text}\n\nUsage: buildbot-bridge [options] COMMAND; see: buildbot-bridge --help\n`);
    return EXIT_USAGE;
  }
  const { name, message } = error as Error;
  stderr.write(name === 'Unavailable' ? `bridge database unavailable: ${message}\n` : `${message}\n`);
  return REFUSALS.has(name) ? EXIT_CONFIGURATION : EXIT_FAILED;
}
