/**
 * Share of the tracked tasks that must be missing, besides the limit, before absence is doubted. Not a setting: a wrong
 * database or server makes nearly all tasks missing, and the limit sets the smallest number that matters.
 */
const SHARE = 1 / 5;

/** Number of tracked tasks that a pass has seen, and of those whose task or build request was missing. */
export interface AbsenceCount {
  seen: number;
  missing: number;
}

/** The last pass's count of missing tasks, and whether it is believed. */
export interface Absence extends AbsenceCount {
  /** Epoch seconds since when no absence is believed; null while absence is believed. */
  doubtedSince: number | null;
  /** Number that was missing when an operator confirmed the absence; null without a confirmation. */
  confirmedMissing: number | null;
}

/**
 * Whether so much is missing at once that no absence is believed: an emptied or restored database, a wrong schema or a
 * wrong URL is more likely than the loss of so many tasks or build requests.
 *
 * @param limit number of tasks that may be missing at once
 */
export function isMassAbsence({ seen, missing }: AbsenceCount, limit: number): boolean {
  return missing > limit && missing > seen * SHARE;
}

/**
 * Updates the known absence with a pass's count. A confirmation covers the tasks that were missing when it was given: it
 * ends when few tasks are missing again, and when more than the limit have become missing since.
 *
 * @param now epoch seconds
 */
export function judgeAbsence(known: Absence, count: AbsenceCount, limit: number, now: number): Absence {
  const { confirmedMissing, doubtedSince } = known;
  if (!isMassAbsence(count, limit)) return { ...count, doubtedSince: null, confirmedMissing: null };
  if (confirmedMissing !== null && count.missing <= confirmedMissing + limit) {
    return { ...count, doubtedSince: null, confirmedMissing };
  }
  return { ...count, doubtedSince: doubtedSince ?? now, confirmedMissing: null };
}
