import type { Clock, PassStore } from '@bbb/rules';
import type { HealthCheck } from '@bbb/platform';

/** A pass that no reflector has finished for so many intervals is an alarm. */
const INTERVALS = 3;

/**
 * Fails while no reflector has finished a pass for three intervals; the same on every instance.
 *
 * @param longestGap seconds between two passes, at most
 */
export function checkPasses(passes: PassStore, clock: Clock, longestGap: number): HealthCheck {
  return {
    name: 'reflector-passes',
    kind: 'degraded',
    check: async () => {
      const { finishedAt } = await passes.read();
      // Before the first pass of a new installation there is nothing to be late.
      if (finishedAt === null) return undefined;
      const age = clock.now() - finishedAt;
      if (age <= INTERVALS * longestGap) return undefined;
      return (
        `no reflector has finished a pass for ${Math.round(age)} s (one is due every ${longestGap} s): claims may ` +
        'expire; look for "reflector step failed" in the logs of the reflectors'
      );
    },
  };
}
