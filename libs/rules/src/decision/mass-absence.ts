/**
 * Part of what a pass saw that must be missing, besides the limit, before absence is doubted. Fixed: what makes much
 * vanish at once (another database, another server) makes nearly all of it vanish, and the limit sets how few count.
 */
const SHARE = 1 / 5;

/** How many tracked tasks a pass has seen, and of how many the task or the build request was missing. */
export interface AbsenceCount {
  seen: number;
  missing: number;
}

/** What is known of absences: the count of the last pass, and whether it is believed. */
export interface Absence extends AbsenceCount {
  /** Epoch seconds since when no absence is believed; null while absence is believed. */
  doubtedSince: number | null;
  /** How many were missing when an operator confirmed that they are; null: nobody has. */
  confirmedMissing: number | null;
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

/**
 * What a pass's count makes of what was known of absences. A confirmation holds for the tasks that were missing when
 * it was given: it ends when the number has fallen, and when more than the limit have come to be missing since.
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
