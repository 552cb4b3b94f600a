import type { QueueContext } from './queue-context.js';
import { announceException, stillTells } from './run-transitions.js';
import { latestRun } from './task-record.js';

/**
 * The queue's watch over claims. A record that fell due ends the run's claim only if it is the run's latest claim;
 * records that refused or outdated claims left behind announce an expired run once more, up to a claim timeout later.
 */
export function resolveExpiredClaims(queue: QueueContext): void {
  const now = queue.now();
  for (let record = queue.claims.take(now); record; record = queue.claims.take(now)) {
    const task = queue.find(record.taskId);
    const run = task?.runs[record.runId];
    if (!task || !run || task.deadline <= now) continue;
    if (queue.isLatest(task, run) && run.state === 'running' && run.takenUntil === record.takenUntil) {
      queue.resolve(task, run, 'exception', 'claim-expired');
    }
    if (stillTells(task, record.runId, 'claim-expired')) announceException(queue, task, record.runId);
  }
}

/** The queue's watch over deadlines: whatever is unresolved a while after its deadline ends in exception. */
export function resolvePassedDeadlines(queue: QueueContext): void {
  const now = queue.now();
  for (let task = queue.deadlines.take(now); task; task = queue.deadlines.take(now)) {
    if (queue.find(task.taskId) !== task) continue;
    if (task.runs.length === 0) {
      task.runs.push({ state: 'pending', reasonCreated: 'exception', scheduled: now });
    }
    const run = latestRun(task)!;
    if (run.state === 'pending' || run.state === 'running') {
      queue.resolve(task, run, 'exception', 'deadline-exceeded');
    }
    if (run.reasonResolved === 'deadline-exceeded') {
      queue.announce.exception(task, task.runs.length - 1, false);
    }
  }
}
