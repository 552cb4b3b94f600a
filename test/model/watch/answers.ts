import type { ReceivedMessage } from '@bbb/rules';
import type { Outcome } from '../../../libs/pulse/src/messages/settlement.js';
import { RETRY } from '../buildbot/farm.js';
import type { Simulation } from '../simulation.js';

interface EndMessage {
  payload?: { build?: { number?: number; results?: number; properties?: [string, unknown, string][] } };
}

/** The request ids that a log_uploaded message names. */
function idsIn({ payload }: EndMessage): number[] {
  const ids = payload?.build?.properties?.find(([name]) => name === 'request_ids')?.[1];
  return Array.isArray(ids) ? (ids as number[]) : [];
}

/** S8: a message is answered for only when it is kept, or when what it tells has been done. */
export function checkAck(simulation: Simulation, message: ReceivedMessage, outcome: Outcome): void {
  switch (outcome) {
    case 'requeued':
      return;
    case 'parked':
    case 'quarantined':
      if (simulation.kept.bodies.has(message.body)) return;
      return simulation.watch.violate('S8: a message was answered for and is not kept', {
        queue: message.subscription,
      });
    case 'acked':
      if (message.subscription === 'log_uploaded' && !simulation.watch.hasLostRows)
        checkEnd(simulation, JSON.parse(message.body) as EndMessage);
  }
}

/** The end of a build has been told: every task that it was the last build of is resolved. */
function checkEnd(simulation: Simulation, message: EndMessage): void {
  const { number, results } = message.payload?.build ?? {};
  if (results === RETRY) return;
  for (const id of idsIn(message)) {
    const request = simulation.farm.requests.get(id);
    const state = request && simulation.farm.stateOf(request);
    if (!request || state?.at !== 'finished' || state.build.number !== number) continue;
    const { taskId } = request.spec;
    const row = simulation.rows.rows.get(taskId);
    const run = simulation.statusOf(taskId)?.runs.at(-1);
    const isLive = run?.state === 'pending' || run?.state === 'running';
    const isPastDeadline = simulation.now() >= (simulation.statusOf(taskId)?.deadline ?? 0) - 600;
    if (
      row?.buildRequestId === id &&
      row.runId === run?.runId &&
      isLive &&
      !isPastDeadline &&
      run.workerId !== 'other'
    ) {
      simulation.watch.violate('S8: an end message was answered for, and its task is not resolved', {
        taskId,
        id,
      });
    }
  }
}
