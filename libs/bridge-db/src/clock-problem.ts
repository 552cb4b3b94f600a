import { parseDatabaseUrl, ServerClock } from '@bbb/sql';

/**
 * By how much the clock of the database at a URL differs from this machine's; undefined when they agree. Never throws.
 *
 * @param query runs a statement there
 */
export function findClockProblem(
  url: string,
  query: (sql: string) => Promise<readonly Record<string, unknown>[]>,
): Promise<string | undefined> {
  return new ServerClock(parseDatabaseUrl(url).dialect, query).findProblem();
}
