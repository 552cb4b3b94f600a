/** Part of what was seen that must be missing, besides the limit, before absence is doubted. */
const SHARE = 1 / 5;

/** How many tracked tasks a pass has seen, and of how many the task or the build request was missing. */
export interface AbsenceCount {
  seen: number;
  missing: number;
}

/**
 * Whether so much is missing at once that no absence is to be believed: an emptied or restored database, a wrong
 * schema or a wrong URL is likelier than the end of so many tasks or build requests.
 *
 * @param limit number of tasks that may be missing at once
 */
export function isMassAbsence({ seen, missing }: AbsenceCount, limit: number): boolean {
  return missing > limit && missing > seen * SHARE;
}
