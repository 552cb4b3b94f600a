import type { JournalEntry } from '@bbb/rules';
import type { View } from '../html/document.js';
import { html, type Markup, type Part } from '../html/html.js';
import { showBars } from '../html/plot.js';
import { type Column, showTable } from '../html/table.js';
import { showDistance, showInstant } from '../html/times.js';
import { type Overview, PART } from '../overview.js';
import { writeTasksAddress } from '../tasks-address.js';

/** The plots: what is counted, and the verdicts that stand for it. */
const PLOTS: readonly (readonly [title: string, verdicts: readonly string[]])[] = [
  ['Build requests created', ['create-request', 'recreate-request']],
  ['Builds started', ['claim']],
  ['Tasks resolved', ['resolve']],
  ['Cancelled, abandoned or rejected', ['cancel-request', 'cancel-task', 'abandon', 'reject', 'withdraw']],
];

/** @param problems reasons of this reflector's failed health checks */
export function showOverview(overview: Overview, problems: readonly string[]): View {
  const { at, counts, kept, passes, newest } = overview;
  const attention = listAttention(overview, problems);
  return {
    title: 'Overview',
    section: '',
    main: html`<h2>Attention</h2>
      ${
        attention.length === 0
          ? html`<p class="all-well">Nothing needs attention.</p>`
          : html`<ul class="attention">
              ${attention.map((line) => html`<li>${line}</li>`)}
            </ul>`
      }
      <h2>Now</h2>
      <dl class="numbers">
        ${showNumber('Tracked tasks', link('tasks', counts.tracked))}
        ${showNumber('Claimed', link(writeTasksAddress({ state: 'claimed' }), counts.claimed))}
        ${showNumber('Request being created', link(writeTasksAddress({ state: 'creating' }), counts.creating))}
        ${showNumber('Missing', link(writeTasksAddress({ state: 'missing' }), counts.missing))}
        ${showNumber('Parked messages', link('messages', kept.parked))}
        ${showNumber('Last pass', passes.finishedAt === null ? '-' : showDistance(passes.finishedAt, at))}
      </dl>
      <h2>Last hour</h2>
      <div class="plots">${PLOTS.map(([title, verdicts]) => showPlot(overview, title, verdicts))}</div>
      <h2>Newest decisions</h2>
      ${showTable('Newest decisions', ENTRIES, newest, 'The journal has no entry.')}`,
  };
}

function listAttention(overview: Overview, problems: readonly string[]): Markup[] {
  const { at, kept, urgent, instances, pauses, passes } = overview;
  return [
    ...problems.map((problem) => html`${problem}`),
    ...(passes.doubtedSince === null
      ? []
      : [
          html`So many tasks are missing that the bridge ends none of them:
            <code>buildbot-bridge missing status</code>`,
        ]),
    ...(kept.quarantined === 0
      ? []
      : [html`<a href="messages">${kept.quarantined} messages</a> are quarantined and wait for an operator`]),
    ...urgent.map(
      ({ taskId, takenUntil }) =>
        html`The claim of <a class="id" href="task?id=${taskId}">${taskId}</a> ends
          ${showDistance(takenUntil ?? at, at)}`,
    ),
    ...instances
      .filter(({ health }) => health !== 'well')
      .map(
        ({ service, host, pid, health, problems: reasons, seenAt }) =>
          html`<a href="instances">${service} on ${host} (${pid})</a> is ${health}:
            ${health === 'silent' ? html`last report ${showDistance(seenAt, at)}` : reasons.join('; ')}`,
      ),
    ...pauses.map(
      ({ builders, by, reason }) =>
        html`<a href="pauses">Builders <code>${builders}</code> are paused</a> by
          ${by}${reason && `: ${reason}`}`,
    ),
  ];
}

function showNumber(name: string, value: Part): Markup {
  return html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;
}

function link(address: string, count: number): Markup {
  return html`<a href="${address}">${count.toLocaleString('en')}</a>`;
}

function showPlot({ decided }: Overview, title: string, verdicts: readonly string[]): Markup {
  const parts = verdicts.flatMap((verdict) => [decided.get(verdict) ?? []]);
  const counts = Array.from({ length: 3600 / PART }, (_, index) =>
    parts.reduce((sum, part) => sum + (part[index] ?? 0), 0),
  );
  return showBars(title, counts, PART / 60);
}

const ENTRIES: readonly Column<JournalEntry>[] = [
  { title: 'At', cell: ({ at }) => showInstant(at) },
  { title: 'Task', cell: ({ taskId }) => html`<a class="id" href="task?id=${taskId}">${taskId}</a>` },
  { title: 'Run', cell: ({ runId }) => runId, isNumber: true },
  { title: 'What', cell: ({ event }) => event },
  { title: 'Why', cell: ({ cause }) => cause },
  { title: 'By', cell: ({ service, instance }) => `${service} on ${instance}` },
];
