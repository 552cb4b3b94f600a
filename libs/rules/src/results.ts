import type { Resolution } from './ports/task-queue.js';

/** Results whose meaning an installation may choose. The defaults are the original bridge's. */
export interface ResultSettings {
  warnings: 'failed' | 'completed';
  exception: 'malformed-payload' | 'internal-error';
}

/**
 * Whether the results of a complete request mean that it was cancelled. CANCELLED (6) is used by Mozilla's fork and
 * Buildbot 0.9 for a stopped build. RETRY (5) is never final, so a complete request with it was cancelled before its retry.
 */
export function classifyResults(results: number | null): 'cancelled' | 'result' {
  return results === 5 || results === 6 ? 'cancelled' : 'result';
}

/** How a run is resolved for a complete request's results (Buildbot's numbers). */
export function chooseResolution(results: number | null, settings: ResultSettings): Resolution {
  switch (results) {
    case 0:
      return { report: 'completed' };
    case 1:
      return { report: settings.warnings };
    case 2:
      return { report: 'failed' };
    case 4:
      return { report: 'exception', reason: settings.exception };
    default:
      // SKIPPED (3) and unknown numbers: nothing says that the work was done.
      return { report: 'exception', reason: 'internal-error' };
  }
}
