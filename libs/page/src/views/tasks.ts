import type { ListedTask, TaskPage } from '@bbb/operation';
import type { View } from '../html/document.js';
import { html, type Markup } from '../html/html.js';
import { type Column, showTable } from '../html/table.js';
import { showDistance } from '../html/times.js';
import { CLAIM_AT_RISK } from '../overview.js';
import { CHOICES, type TasksAddress, writeTasksAddress } from '../tasks-address.js';

const SORTED_BY: Readonly<Record<string, string>> = {
  claim: 'most urgent claim',
  age: 'longest tracked',
  task: 'task id',
};

export function showTasks(address: TasksAddress, page: TaskPage, now: number): View {
  const { given, query } = address;
  return {
    title: 'Tasks',
    section: 'tasks',
    main: html`${showForm(given)}
      ${page.problems.map((problem) => html`<p class="bad">Not read: ${problem}</p>`)}
      ${showTable('Tracked tasks', columnsAt(now), page.tasks, 'No tracked task matches.')}
      <p class="pages">
        ${query.cursor !== undefined && html`<a href="${writeTasksAddress(given)}">First page</a> `}
        ${page.next !== undefined && html`<a href="${writeTasksAddress(given, page.next)}" rel="next">Next page</a> `}
        <span class="faint">${page.tasks.length} of ${page.read} rows that were read</span>
      </p>`,
  };
}

function showForm(given: TasksAddress['given']): Markup {
  return html`<form action="tasks" method="get">
    ${showChoice('State', 'state', CHOICES.state, given.state)}
    ${showChoice('Waits for', 'waits', CHOICES.waits, given.waits)}
    <label for="builder">Builder</label>
    <input id="builder" name="builder" value="${given.builder}" placeholder="regular expression" size="22" />
    <label for="claims">Claim ends within minutes</label>
    <input id="claims" name="claims" value="${given.claims}" inputmode="decimal" size="4" />
    ${showChoice('Sorted by', 'sort', CHOICES.sort, given.sort, SORTED_BY)}
    <button>Show</button>
  </form>`;
}

function showChoice(
  label: string,
  name: string,
  words: readonly string[],
  given: string,
  texts: Readonly<Record<string, string>> = {},
): Markup {
  const option = (word: string, text: string) =>
    html`<option value="${word}" ${word === given ? html`selected` : ''}>${text}</option>`;
  return html`<label for="${name}">${label}</label>
    <select id="${name}" name="${name}">
      ${option('', name === 'sort' ? 'default' : 'any')}
      ${words.map((word) => option(word, texts[word] ?? word))}
    </select>`;
}

function columnsAt(now: number): readonly Column<ListedTask>[] {
  return [
    { title: 'Task', cell: ({ row }) => html`<a class="id" href="task?id=${row.taskId}">${row.taskId}</a>` },
    { title: 'Run', cell: ({ row }) => row.runId, isNumber: true },
    { title: 'Build request', cell: ({ row }) => row.buildRequestId ?? '-', isNumber: true },
    { title: 'Claim ends', cell: ({ row }) => showClaim(row.takenUntil, now), isNumber: true },
    { title: 'Waits for', cell: ({ wait }) => wait?.text ?? '?' },
    { title: 'Builder', cell: ({ buildername }) => buildername ?? '-' },
    { title: 'Why', cell: ({ cause, problem }) => cause ?? problem ?? '' },
  ];
}

export function showClaim(takenUntil: number | null, now: number): Markup | string {
  if (takenUntil === null) return '-';
  const left = takenUntil - now;
  return html`<span class="${left < CLAIM_AT_RISK ? 'bad' : ''}">${showDistance(takenUntil, now)}</span>`;
}
