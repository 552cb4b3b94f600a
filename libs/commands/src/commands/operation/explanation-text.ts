import {
  type ExplainedRequest,
  type ExplainedTask,
  formatDuration,
  type TaskExplanation,
} from '@bbb/operation';
import type { JournalEntry, TrackedTask } from '@bbb/rules';

import { formatInstant, toPlainLine } from '../../output/plain-line.js';

/** An explanation for people, as lines. */
export function explanationLines(explained: TaskExplanation): string[] {
  const { taskId, at, buildername, task, request, row, decision, wait, journal, problems } = explained;
  return [
    `task ${taskId}${buildername === null ? '' : `, builder ${toPlainLine(buildername)}`}`,
    '',
    ...section('Taskcluster', task === undefined ? ['not read'] : taskLines(task, at)),
    ...section('Buildbot', request === undefined ? ['not read'] : requestLines(request, row, at)),
    ...section('bridge', row === undefined ? ['not read'] : rowLines(row, decision?.limits, at)),
    ...section('decision', [
      ...(decision
        ? [
            `${decision.verdict}: ${decision.cause} (run ${decision.facts.run}, request ${decision.facts.request})`,
          ]
        : []),
      ...(wait ? [`waits for: ${wait.text}${limitOf(wait.until, at)}`] : []),
    ]),
    ...section('journal', journal.length === 0 ? ['no entry'] : journal.map(entryLine)),
    ...section(
      'problems',
      problems.map(({ system, problem }) => `${system}: ${toPlainLine(problem)}`),
    ),
  ];
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`)];
}

function limitOf(until: number | undefined, at: number): string {
  if (until === undefined) return '';
  return until <= at ? ' (due now)' : `, until ${formatInstant(until)} (in ${formatDuration(until - at)})`;
}

function taskLines(task: ExplainedTask | null, at: number): string[] {
  if (task === null) return ['Taskcluster does not know the task'];
  const { url, state, deadline, runs, retriesLeft, taskQueueId } = task;
  const isPast = deadline <= at;
  return [
    url,
    `${state}; task queue ${toPlainLine(taskQueueId)}; ${retriesLeft} retries left; deadline ${formatInstant(deadline)} (${isPast ? 'has passed' : `in ${formatDuration(deadline - at)}`})`,
    ...runs.map(({ runId, state: is, reasonResolved, reasonCreated, workerId, scheduled }) =>
      toPlainLine(
        `run ${runId}: ${is}${reasonResolved === undefined ? '' : ` (${reasonResolved})`}, ` +
          `created for ${reasonCreated}, scheduled ${formatInstant(scheduled)}` +
          (workerId === undefined ? '' : `, worker ${workerId}`),
      ),
    ),
  ];
}

function requestLines(
  request: ExplainedRequest | null,
  row: TrackedTask | null | undefined,
  at: number,
): string[] {
  const id = row?.buildRequestId ?? null;
  if (request === null)
    return [id === null ? 'no build request is recorded' : `Buildbot does not know build request ${id}`];
  const { buildRequestId, state, url, isForeign } = request;
  const build =
    'build' in state && state.build ? `, build ${state.build.number} (id ${state.build.buildId})` : '';
  return [
    ...(url === null ? [] : [url]),
    `build request ${buildRequestId}: ${state.at}${build}${isForeign ? '; it was created for another task or run' : ''}`,
    ...placeLines(request, at),
  ];
}

function placeLines(
  { state, submittedAt, ahead, building, workers }: ExplainedRequest,
  at: number,
): string[] {
  if (state.at !== 'waiting' && state.at !== 'requeued') return [];
  const since = submittedAt === null ? '' : ` since ${formatDuration(at - submittedAt)}`;
  const counts = [
    ...(ahead === null ? [] : [`${ahead} requests of this builder are ahead`]),
    ...(building === null ? [] : [`${building} are being built`]),
    ...(workers === null ? [] : [`${workers} workers are connected`]),
  ];
  return [`open${since}${counts.length === 0 ? '' : `: ${counts.join(', ')}`}`];
}

function rowLines(
  row: TrackedTask | null,
  limits: { claimedUntil: number | null; reclaimedFrom: number | null } | undefined,
  at: number,
): string[] {
  if (row === null) return ['the bridge does not track the task'];
  const { runId, buildRequestId, missingSince, rev } = row;
  const { claimedUntil = null, reclaimedFrom = null } = limits ?? {};
  return [
    `follows run ${runId}, ${buildRequestId === null ? 'no build request recorded' : `build request ${buildRequestId}`}; revision ${rev}`,
    ...(claimedUntil === null
      ? []
      : [
          `claimed until ${formatInstant(claimedUntil)} (in ${formatDuration(claimedUntil - at)})` +
            (reclaimedFrom === null ? '' : `, reclaimed from ${formatInstant(reclaimedFrom)}`),
        ]),
    ...(missingSince === null ? [] : [`one side is missing since ${formatInstant(missingSince)}`]),
  ];
}

function entryLine({ at, event, cause, details, service, instance, duration, runId }: JournalEntry): string {
  const further = Object.entries(details).map(([name, value]) => `${name} ${textOf(value)}`);
  const run = runId === null ? '' : `run ${runId}: `;
  return toPlainLine(
    `${formatInstant(at)} ${run}${event} (${cause}${further.length === 0 ? '' : `; ${further.join(', ')}`}) by ${service} on ${instance}, ${duration} s`,
    400,
  );
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
