/** Exit codes of the command line. 64 and 78 are EX_USAGE and EX_CONFIG of sysexits.h. */
export const EXIT_DONE = 0;
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 64;
export const EXIT_CONFIGURATION = 78;

/** The command line is invalid; the message names the wrong part. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
