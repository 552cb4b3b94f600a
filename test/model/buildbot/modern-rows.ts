import { type BuildRow, CANCELLED, type RequestRow, type SetRow } from './farm.js';

// The rows as the data API of a modern master shows them.

/** The builders that the masters have, by id. */
export const BUILDER_IDS: Readonly<Record<string, number>> = { 'Linux x86-64 build': 1, 'release-x': 2 };

/** `bm01` is the master with the id 1. */
const masterIdOf = (name: string) => Number(name.slice(2));

export function requestRowOf(row: RequestRow) {
  return {
    buildrequestid: row.buildRequestId,
    buildsetid: row.bsid ?? 1,
    builderid: BUILDER_IDS[row.spec.buildername] ?? 1,
    claimed: row.claimedAt > 0,
    claimed_by_masterid: row.claimedBy ? masterIdOf(row.claimedBy.master) : null,
    complete: row.complete,
    complete_at: row.completeAt,
    results: row.results ?? -1,
    submitted_at: row.submittedAt ?? 0,
  };
}

export function buildRowOf(build: BuildRow, row: RequestRow) {
  // The text of the step that was interrupted may replace the reason.
  const isReasonLost = build.outcome !== CANCELLED || build.buildId % 2 === 0;
  const words = isReasonLost ? 'build' : `cancelled ${stopReasonOf(build)}`;
  return {
    buildid: build.buildId,
    number: build.number,
    builderid: BUILDER_IDS[row.spec.buildername] ?? 1,
    buildrequestid: row.buildRequestId,
    complete: build.finishTime !== null,
    complete_at: build.finishTime,
    results: build.finishTime === null ? null : (build.outcome ?? null),
    state_string: build.finishTime === null ? 'building' : words,
  };
}

/** As the log of the interrupted step has it. */
export function stopReasonOf({ wasShutDown }: BuildRow): string {
  return wasShutDown ? '(Master Shutdown)' : '(not wanted any more)';
}

export function setRowOf({ bsid, key, reason, submittedAt }: SetRow) {
  return { bsid, external_idstring: key, reason, submitted_at: submittedAt };
}
