import type { KeptMessage } from '@bbb/rules';
import { formatInstant, plainLine } from '../../output/plain-line.js';

/** What became of a message that was queued for an immediate retry, as far as the bridge database tells. */
export type ReplayOutcome =
  /** It is kept no more. */
  | { id: number; outcome: 'handled' }
  /** It was retried and is kept again. */
  | { id: number; outcome: 'failed'; error: string; state: KeptMessage['state']; nextAttempt: number | null }
  /** No service has finished it. */
  | { id: number; outcome: 'queued'; subscription: string };

/**
 * Follows queued messages until each was handled or has failed again.
 *
 * @param read the messages among these that are still kept
 * @param waitMore waits before the next look; false when there shall be none
 */
export async function followReplay(
  ids: readonly number[],
  read: (ids: readonly number[]) => Promise<KeptMessage[]>,
  waitMore: () => Promise<boolean>,
): Promise<ReplayOutcome[]> {
  for (;;) {
    const kept = new Map((ids.length > 0 ? await read(ids) : []).map((message) => [message.id, message]));
    const outcomes = ids.map((id) => outcomeOf(id, kept.get(id)));
    if (outcomes.every(({ outcome }) => outcome !== 'queued') || !(await waitMore())) return outcomes;
  }
}

/** A replay resets the number of attempts, so one that is not 0 is of a retry since. */
function outcomeOf(id: number, message: KeptMessage | undefined): ReplayOutcome {
  if (!message) return { id, outcome: 'handled' };
  const { attempts, error, state, nextAttempt, subscription } = message;
  if (attempts === 0) return { id, outcome: 'queued', subscription };
  return { id, outcome: 'failed', error, state, nextAttempt };
}

export function describeOutcome(outcome: ReplayOutcome): string {
  switch (outcome.outcome) {
    case 'handled':
      return `message ${outcome.id} handled`;
    case 'failed': {
      const next =
        outcome.nextAttempt === null ? outcome.state : `next attempt ${formatInstant(outcome.nextAttempt)}`;
      return `message ${outcome.id} failed again (${next}): ${plainLine(outcome.error, 200)}`;
    }
    case 'queued':
      return `message ${outcome.id} still queued: check that the service that consumes ${outcome.subscription} is running`;
  }
}
