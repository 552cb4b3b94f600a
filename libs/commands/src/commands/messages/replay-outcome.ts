import type { KeptMessage } from '@bbb/rules';
import { formatInstant, toPlainLine } from '../../output/plain-line.js';

/** Outcome of a message that was queued for an immediate retry, read from the bridge database. */
export type ReplayOutcome =
  /** It is no longer kept. */
  | { id: number; outcome: 'handled' }
  /** It was retried and is kept again. */
  | { id: number; outcome: 'failed'; error: string; state: KeptMessage['state']; nextAttempt: number | null }
  /** No service has retried it yet. */
  | { id: number; outcome: 'queued'; subscription: string };

/**
 * Follows queued messages until each was handled or has failed again.
 *
 * @param read returns those of these messages that are still kept
 * @param waitMore waits until the next check; resolves with false when the time is over
 */
export async function followReplay(
  ids: readonly number[],
  read: (ids: readonly number[]) => Promise<KeptMessage[]>,
  waitMore: () => Promise<boolean>,
): Promise<ReplayOutcome[]> {
  for (;;) {
    const kept = new Map((ids.length > 0 ? await read(ids) : []).map((message) => [message.id, message]));
    const outcomes = ids.map((id) => judgeReplay(id, kept.get(id)));
    if (outcomes.every(({ outcome }) => outcome !== 'queued') || !(await waitMore())) return outcomes;
  }
}

/** A replay resets the number of attempts to 0, so any other number means that the message was retried since. */
function judgeReplay(id: number, message: KeptMessage | undefined): ReplayOutcome {
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
      return `message ${outcome.id} failed again (${next}): ${toPlainLine(outcome.error, 200)}`;
    }
    case 'queued':
      return `message ${outcome.id} still queued: check that the service that consumes ${outcome.subscription} is running`;
  }
}
