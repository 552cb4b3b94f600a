import type { TaskclusterConfiguration } from '@bbb/configuration';
import { TaskclusterQueue } from '@bbb/taskcluster';
import type { ProbeResult } from './probe-result.js';

const SYSTEM = 'taskcluster';

/** Seconds by which clocks may differ without a warning. */
const CLOCK_TOLERANCE = 5;

/**
 * Lists the pending and claimed runs of the task queue with the bridge's credentials. Claims nothing.
 *
 * @param remedy for a task queue that Taskcluster has never seen
 */
export async function probeTaskcluster(
  options: TaskclusterConfiguration,
  remedy: string,
): Promise<ProbeResult[]> {
  const queue = new TaskclusterQueue(options);
  try {
    const taskQueueId = `${options.provisionerId}/${options.workerType}`;
    for (const runs of [queue.listPending(), queue.listClaimed()]) await hasAny(runs);
    const what = `answers, accepts the credentials, and lists the runs of the task queue ${taskQueueId}`;
    const unknown = await queue.findTaskQueueProblem();
    return [
      { system: SYSTEM, status: 'ok', what },
      ...(unknown === undefined
        ? []
        : [{ system: 'task-queue', status: 'warning', what: unknown, remedy } as const]),
      ...judgeClock(queue.readClockOffset()),
    ];
  } finally {
    queue.close();
  }
}

async function hasAny(runs: AsyncIterable<unknown>): Promise<boolean> {
  for await (const _ of runs) return true;
  return false;
}

/** @param offset seconds by which Taskcluster's clock is ahead of this machine's; undefined where it is not known */
function judgeClock(offset: number | undefined): ProbeResult[] {
  if (offset === undefined) return [];
  const seconds = Math.abs(offset).toFixed(1);
  if (Math.abs(offset) <= CLOCK_TOLERANCE)
    return [{ system: 'clock', status: 'ok', what: `differs from Taskcluster's by ${seconds} s` }];
  const what = `this machine's clock is ${seconds} s ${offset > 0 ? 'behind' : 'ahead of'} Taskcluster's`;
  return [{ system: 'clock', status: 'warning', what, remedy: 'keep the clock right with NTP' }];
}
