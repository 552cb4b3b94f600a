const LONGEST_ERROR = 2000;

/** What an error says, in a length that fits into a log line and a database column. */
export function errorText(error: unknown): string {
  const text = error instanceof Error ? saying(error) : String(error);
  return Buffer.from(text).subarray(0, LONGEST_ERROR).toString();
}

/** A refused connection to a name with several addresses has an empty message and a code. */
function saying(error: Error): string {
  return error.message || (error as NodeJS.ErrnoException).code || error.name;
}

export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
