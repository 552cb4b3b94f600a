import type { KeptMessage } from '@bbb/rules';
import type { View } from '../html/document.js';
import { html, type Markup } from '../html/html.js';
import { type Column, showTable } from '../html/table.js';
import { showInstant } from '../html/times.js';

export interface ShownMessages {
  quarantined: readonly KeptMessage[];
  parked: readonly KeptMessage[];
  /** Of all, also those that are not listed. */
  counts: { quarantined: number; parked: number };
}

const COLUMNS: readonly Column<KeptMessage>[] = [
  { title: 'Id', cell: ({ id }) => id, isNumber: true },
  { title: 'Queue', cell: ({ subscription }) => subscription },
  { title: 'Attempts', cell: ({ attempts }) => attempts, isNumber: true },
  {
    title: 'Next attempt',
    cell: ({ nextAttempt }) => (nextAttempt === null ? '-' : showInstant(nextAttempt)),
  },
  { title: 'Why', cell: ({ error }) => error },
];

export function showMessages({ quarantined, parked, counts }: ShownMessages): View {
  return {
    title: 'Kept messages',
    section: 'messages',
    main: html`${showList('Quarantined', quarantined, counts.quarantined, 'No message waits for an operator.')}
      <p class="faint">
        They wait for an operator: <code>buildbot-bridge messages show ID</code>, <code>replay ID</code> or
        <code>drop ID</code>.
      </p>
      ${showList('Parked', parked, counts.parked, 'No message waits for a retry.')}`,
  };
}

function showList(title: string, messages: readonly KeptMessage[], count: number, empty: string): Markup {
  return html`<h2>${title} (${count})</h2>
    ${showTable(`${title} messages`, COLUMNS, messages, empty)}
    ${messages.length < count && html`<p>The oldest ${messages.length} are listed.</p>`}`;
}
