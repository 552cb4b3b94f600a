import type { Resolution } from './ports/task-queue.js';

/** Results whose meaning an installation may choose. The defaults are the original bridge's. */
export interface ResultSettings {
  warnings: 'failed' | 'completed';
  exception: 'malformed-payload' | 'internal-error';
}

/**
 * Whether a complete request's results are a result at all. CANCELLED (6) is Mozilla's fork's and Buildbot 0.9's word
 * for a stopped build; RETRY (5) is never a request's last word, so a request that is complete with it was cut off.
 */
export function endOf(results: number | null): 'cancelled' | 'result' {
  return results === 5 || results === 6 ? 'cancelled' : 'result';
}

/** How a run is resolved for a complete request's results (Buildbot's numbers). */
export function resolutionOf(results: number | null, settings: ResultSettings): Resolution {
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
