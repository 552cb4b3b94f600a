import type { ListedInstance } from '@bbb/operation';
import type { View } from '../html/document.js';
import { html, type Markup } from '../html/html.js';
import { type Column, showTable } from '../html/table.js';
import { showDistance } from '../html/times.js';

export function showInstances(instances: readonly ListedInstance[], now: number): View {
  return {
    title: 'Instances',
    section: 'instances',
    main: html`${showTable('Instances', columnsAt(now), instances, 'No instance has reported itself.')}
      <p class="faint">
        An instance reports itself every 30 seconds. One that was killed is silent first, and leaves the list
        after a day.
      </p>`,
  };
}

function columnsAt(now: number): readonly Column<ListedInstance>[] {
  const ago = (at: number | null) => (at === null ? '-' : showDistance(at, now));
  return [
    { title: 'Service', cell: ({ service }) => service },
    { title: 'Host', cell: ({ host }) => host },
    { title: 'Process', cell: ({ pid }) => pid, isNumber: true },
    { title: 'Version', cell: ({ version }) => version },
    { title: 'Started', cell: ({ startedAt }) => ago(startedAt), isNumber: true },
    { title: 'Last pass', cell: ({ lastPassAt }) => ago(lastPassAt), isNumber: true },
    { title: 'Last message', cell: ({ lastMessageAt }) => ago(lastMessageAt), isNumber: true },
    { title: 'Health', cell: showHealth },
    {
      title: 'Why',
      cell: ({ health, problems, seenAt }) =>
        health === 'silent' ? html`last report ${showDistance(seenAt, now)}` : problems.join('; '),
    },
  ];
}

export function showHealth({ health }: ListedInstance): Markup {
  return html`<span class="${health}">${health}</span>`;
}
