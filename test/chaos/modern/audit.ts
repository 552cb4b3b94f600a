import type { Finding } from '../audit.js';

/** One build request of a task, as the master has it in the end. */
export interface AuditedRequest {
  id: number;
  /** The run that it was created for. */
  run: number;
  /** A user's copy, which is none of the bridge's. */
  isRebuild: boolean;
  complete: boolean;
  results: number;
  /** The state of the newest build. */
  text: string;
}

/** A task with everything that decides whether it ended as it should. */
export interface AuditedTask {
  taskId: string;
  /** How its builds end: the result of a build that nobody interrupts. */
  expected: 'completed' | 'failed';
  /** Whether a user cancelled it, on either side. */
  mayBeCancelled: boolean;
  state: string;
  /** The reason of its last run. */
  reason: string | undefined;
  requests: readonly AuditedRequest[];
}

const STATES: Readonly<Record<number, string>> = { 0: 'completed', 1: 'failed', 2: 'failed' };
const SKIPPED = 3;
const EXCEPTION = 4;

/** Whether the master ended it unasked, so that another may take its place. */
function isDropped({ results, text }: AuditedRequest): boolean {
  return results === SKIPPED || text.includes('(Master Shutdown)');
}

/** What is wrong with a task, when everything has come to rest. */
export function auditTask(task: AuditedTask): Finding[] {
  const { taskId, expected, state, reason } = task;
  const findings: Finding[] = [];
  const add = (wrong: Finding['wrong'], why: string) => findings.push({ taskId, wrong, why });
  const requests = task.requests.filter(({ isRebuild }) => !isRebuild);
  const kept = requests.filter((request) => !isDropped(request));

  for (const { id, complete } of requests) if (!complete) add('stuck', `build request ${id} is open`);
  for (const run of new Set(kept.map((request) => request.run)))
    if (kept.filter((request) => request.run === run).length > 1)
      add('duplicated', `several build requests for run ${run}`);
  if (kept.filter(({ results }) => results in STATES).length > 1) add('duplicated', 'built to the end twice');

  if (state === 'completed' || state === 'failed') {
    if (state !== expected) add('wrong', `${state}, expected ${expected}`);
    if (!kept.some(({ results }) => STATES[results] === state))
      add('lost', `${state}, and no build ended so`);
  } else if (state !== 'exception') add('stuck', `still ${state}`);
  else if (!isAsBuildbotSays(task, kept)) {
    const results = requests.map((request) => request.results).join(', ');
    add('wrong', `exception (${reason}), with results ${results || 'of no request'}`);
  }
  return findings;
}

/** A fault may end a build in EXCEPTION. */
function isAsBuildbotSays({ reason, mayBeCancelled }: AuditedTask, kept: readonly AuditedRequest[]): boolean {
  if (reason === 'malformed-payload') return kept.some(({ results }) => results === EXCEPTION);
  return reason === 'canceled' && mayBeCancelled;
}
