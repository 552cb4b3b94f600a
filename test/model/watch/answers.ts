import type { ReceivedMessage } from '@bbb/rules';
import type { Outcome } from '../../../libs/pulse/src/messages/settlement.js';
import { RETRY } from '../buildbot/farm.js';
import type { ModelWorld } from '../world.js';

interface EndMessage {
  payload?: { build?: { number?: number; results?: number; properties?: [string, unknown, string][] } };
}

/** The request ids that a log_uploaded message names. */
function idsIn({ payload }: EndMessage): number[] {
  const ids = payload?.build?.properties?.find(([name]) => name === 'request_ids')?.[1];
  return Array.isArray(ids) ? (ids as number[]) : [];
}

/** S8: a message is answered for only when it is kept, or when what it tells has been done. */
export function checkAck(world: ModelWorld, message: ReceivedMessage, outcome: Outcome): void {
  switch (outcome) {
    case 'requeued':
      return;
    case 'parked':
    case 'quarantined':
      if (world.kept.bodies.has(message.body)) return;
      return world.watch.violate('S8: a message was answered for and is not kept', {
        queue: message.subscription,
      });
    case 'acked':
      if (message.subscription === 'log_uploaded' && !world.watch.hasLostRows)
        checkEnd(world, JSON.parse(message.body) as EndMessage);
  }
}

/** The end of a build has been told: every task that it was the last build of is resolved. */
function checkEnd(world: ModelWorld, message: EndMessage): void {
  const { number, results } = message.payload?.build ?? {};
  if (results === RETRY) return;
  for (const id of idsIn(message)) {
    const request = world.farm.requests.get(id);
    const state = request && world.farm.stateOf(request);
    if (!request || state?.at !== 'finished' || state.build.number !== number) continue;
    const { taskId } = request.spec;
    const row = world.rows.rows.get(taskId);
    const run = world.statusOf(taskId)?.runs.at(-1);
    const isLive = run?.state === 'pending' || run?.state === 'running';
    const isPastDeadline = world.now() >= (world.statusOf(taskId)?.deadline ?? 0) - 600;
    if (
      row?.buildRequestId === id &&
      row.runId === run?.runId &&
      isLive &&
      !isPastDeadline &&
      run.workerId !== 'other'
    ) {
      world.watch.violate('S8: an end message was answered for, and its task is not resolved', {
        taskId,
        id,
      });
    }
  }
}
