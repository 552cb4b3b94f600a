import type { LoggerService } from '@nestjs/common';
import { type Cause, type Clock, type Journal, findLatestRun } from '@bbb/rules';
import type { Decided } from './context.js';

/**
 * Logs each decision that acted or changed something as one line, and notes it in the journal.
 *
 * @param clock of this machine: what instances take for the queue's time differs by up to a second, which would mix up
 *   what happened first
 */
export function recordDecisions(
  logger: Pick<LoggerService, 'log' | 'warn'>,
  clock: Clock,
  journal: Journal | undefined,
): Decided {
  return (situation, event, details = {}, level = 'log') => {
    const { taskId, row, status, cause, decidedAt } = situation;
    const runId = row?.runId ?? (status && findLatestRun(status)?.runId) ?? null;
    const buildRequestId = row?.buildRequestId ?? null;
    const at = clock.now();
    const duration = Math.max(0, Math.round((at - (decidedAt ?? at)) * 1000) / 1000);
    logger[level]({ taskId, runId, buildRequestId, ...details, ...cause, duration }, event);
    // A claim is reclaimed every few minutes: its row and the log tell that.
    if (cause === undefined || cause.verdict === 'reclaim') return;
    journal?.note({
      at,
      taskId,
      runId,
      buildRequestId,
      event,
      cause,
      details: detailsOf(details, cause),
      duration,
    });
  };
}

/** @param cause whose further facts are kept as well */
function detailsOf(
  details: Readonly<Record<string, unknown>>,
  { verdict: _v, cause: _c, run: _r, request: _q, ...facts }: Cause,
): Readonly<Record<string, unknown>> {
  return { ...details, ...facts };
}
