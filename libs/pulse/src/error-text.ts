const LONGEST_ERROR = 2000;

/** An error's message, cut to a length that fits into a log line and a database column. */
export function toErrorText(error: unknown): string {
  const text = error instanceof Error ? readMessage(error) : String(error);
  return Buffer.from(text).subarray(0, LONGEST_ERROR).toString();
}

/** An error's message, or its code: a refused connection to a host with several addresses has an empty message. */
function readMessage(error: Error): string {
  return error.message || (error as NodeJS.ErrnoException).code || error.name;
}

export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
