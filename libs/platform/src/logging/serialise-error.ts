/** Maximum causes that are followed: an error may be its own cause. */
const DEEPEST = 5;

export interface SerialisedError {
  name: string;
  message: string;
  code?: string | number;
  status?: number;
  stack?: string;
  cause?: SerialisedError;
}

/** Converts an error to fields of a log record, with or without its stack. */
export function serialiseError(error: Error, withStack: boolean, depth = 0): SerialisedError {
  const { code, status } = error as { code?: unknown; status?: unknown };
  const cause = error.cause instanceof Error ? error.cause : findFirst(error);
  return {
    name: error.name,
    message: error.message,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(typeof status === 'number' ? { status } : {}),
    ...(withStack && error.stack ? { stack: error.stack } : {}),
    ...(cause && depth < DEEPEST ? { cause: serialiseError(cause, withStack, depth + 1) } : {}),
  };
}

function findFirst(error: Error): Error | undefined {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : undefined;
  return first instanceof Error ? first : undefined;
}
