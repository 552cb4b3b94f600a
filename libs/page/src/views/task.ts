import type { ExplainedRequest, TaskExplanation } from '@bbb/operation';
import type { JournalEntry } from '@bbb/rules';
import type { View } from '../html/document.js';
import { html, type Markup, type Part } from '../html/html.js';
import { showDistance, showInstant } from '../html/times.js';

/** What is known of one task, and its past and future as a time line. */
export function showTask(explained: TaskExplanation): View {
  const { taskId, at, buildername, task, row, journal, wait, problems } = explained;
  const isUnknown = task === null && row === null && journal.length === 0;
  return {
    title: `Task ${taskId}`,
    section: 'tasks',
    status: isUnknown ? 404 : 200,
    main: html`${buildername !== null && html`<p>Builder ${buildername}</p>`}
      ${
        wait &&
        html`<p class="wait">
          Waits for:
          <strong>${wait.text}</strong
          >${wait.until !== undefined && html`, until ${showInstant(wait.until)} (${showDistance(wait.until, at)})`}
        </p>`
      }
      ${problems.map(({ system, problem }) => html`<p class="bad">Not read, ${system}: ${problem}</p>`)}
      <div class="sides">
        ${showSide('Taskcluster', describeTask(explained))}
        ${showSide('Buildbot', describeRequest(explained))} ${showSide('Bridge', describeRow(explained))}
      </div>
      <h2>Time line</h2>
      <ol class="timeline">
        ${journal.map(showEntry)} ${listFuture(explained).map(([when, text]) => showFuture(when, text, at))}
      </ol>
      ${journal.length === 0 && html`<p class="empty">The journal has no entry of this task.</p>`}
      <p class="faint">In a terminal: <code>buildbot-bridge explain ${taskId}</code></p>`,
  };
}

function showSide(title: string, lines: readonly Part[]): Markup {
  return html`<section>
    <h2>${title}</h2>
    ${lines.map((line) => html`<p>${line}</p>`)}
  </section>`;
}

function describeTask({ task, at }: TaskExplanation): Part[] {
  if (task === undefined) return ['Not read.'];
  if (task === null) return ['Taskcluster does not know the task.'];
  return [
    html`<a href="${task.url}" rel="noreferrer">${task.state}</a>, task queue ${task.taskQueueId}`,
    html`Deadline ${showInstant(task.deadline)} (${showDistance(task.deadline, at)}), ${task.retriesLeft}
    retries left`,
    ...task.runs.map(
      ({ runId, url, state, reasonResolved, reasonCreated, workerId }) =>
        html`<a href="${url}" rel="noreferrer">Run ${runId}</a>:
          ${state}${reasonResolved !== undefined && ` (${reasonResolved})`}, created for
          ${reasonCreated}${workerId !== undefined && `, worker ${workerId}`}`,
    ),
  ];
}

function describeRequest({ request, row, at }: TaskExplanation): Part[] {
  if (request === undefined) return ['Not read.'];
  const id = row?.buildRequestId ?? null;
  if (request === null)
    return [id === null ? 'No build request is recorded.' : `Buildbot does not know build request ${id}.`];
  const { buildRequestId, state, url, isForeign } = request;
  const name = `Build request ${buildRequestId}`;
  const build =
    'build' in state && state.build ? `, build ${state.build.number} (id ${state.build.buildId})` : '';
  return [
    html`${url === null ? name : html`<a href="${url}" rel="noreferrer">${name}</a>`}: ${state.at}${build}`,
    isForeign && html`<span class="bad">It was created for another task or run.</span>`,
    describePlace(request, at),
  ];
}

function describePlace({ state, submittedAt, ahead, building, workers }: ExplainedRequest, at: number): Part {
  if (state.at !== 'waiting' && state.at !== 'requeued') return undefined;
  const counts = [
    ...(ahead === null ? [] : [`${ahead} requests of this builder are ahead`]),
    ...(building === null ? [] : [`${building} are being built`]),
    ...(workers === null ? [] : [`${workers} workers are connected`]),
  ];
  return html`Open${submittedAt !== null && html`, submitted ${showDistance(submittedAt, at)}`}${counts.length > 0 && `: ${counts.join(', ')}`}`;
}

function describeRow({ row, decision, at }: TaskExplanation): Part[] {
  if (row === undefined) return ['Not read.'];
  const decided =
    decision &&
    html`Decision: <strong>${decision.verdict}</strong>, ${decision.cause} (run ${decision.facts.run}, request
      ${decision.facts.request})`;
  if (row === null) return ['The bridge does not track the task.', decided];
  const { claimedUntil = null, reclaimedFrom = null } = decision?.limits ?? {};
  return [
    `Follows run ${row.runId}, revision ${row.rev}`,
    claimedUntil !== null &&
      html`Claimed until ${showInstant(claimedUntil)}
      (${showDistance(claimedUntil, at)})${reclaimedFrom !== null && html`, reclaimed from ${showInstant(reclaimedFrom)}`}`,
    row.missingSince !== null && html`One side is missing since ${showInstant(row.missingSince)}`,
    decided,
  ];
}

function showEntry({ at, runId, event, cause, details, service, instance }: JournalEntry): Markup {
  const further = Object.entries(details).map(
    ([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return html`<li>
    ${showInstant(at)} <strong>${event}</strong>${runId !== null && `, run ${runId}`}<br />
    ${cause}${further.length > 0 && `; ${further.join(', ')}`}
    <span class="faint">by ${service} on ${instance}</span>
  </li>`;
}

/** What comes, and when; the earliest first. */
function listFuture({ at, wait, task, decision }: TaskExplanation): [when: number, text: string][] {
  const { claimedUntil = null, reclaimedFrom = null } = decision?.limits ?? {};
  const isLive = task?.state === 'unscheduled' || task?.state === 'pending' || task?.state === 'running';
  const events: [number | null | undefined, string][] = [
    [wait?.until, 'The bridge waits no longer'],
    [reclaimedFrom, 'A pass reclaims the run'],
    [claimedUntil, 'The claim ends, unless it is reclaimed'],
    [isLive ? task.deadline : null, 'Deadline of the task'],
  ];
  return events
    .filter((event): event is [number, string] => typeof event[0] === 'number' && event[0] > at)
    .sort(([one], [other]) => one - other);
}

function showFuture(when: number, text: string, now: number): Markup {
  return html`<li class="future">
    ${showInstant(when)} ${text} <span class="faint">${showDistance(when, now)}</span>
  </li>`;
}
