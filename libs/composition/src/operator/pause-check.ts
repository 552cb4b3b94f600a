import type { PauseStore } from '@bbb/rules';
import type { HealthCheck } from '@bbb/platform';

/** Fails while an operator has paused builders; the same on every instance. */
export function checkPauses(store: Pick<PauseStore, 'list'>): HealthCheck {
  return {
    name: 'paused-builders',
    kind: 'degraded',
    check: async () => {
      const pauses = await store.list();
      if (pauses.length === 0) return undefined;
      const list = pauses.map(
        ({ builders, by, reason }) => `${builders} by ${by}${reason && ` (${reason})`}`,
      );
      return `no build requests are created for paused builders: ${list.join('; ')}; end it with \`buildbot-bridge resume\``;
    },
  };
}
