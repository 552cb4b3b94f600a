import type { Pause } from '@bbb/rules';
import type { View } from '../html/document.js';
import { html } from '../html/html.js';
import { showTable } from '../html/table.js';
import { showDistance } from '../html/times.js';

export function showPauses(pauses: readonly Pause[], now: number): View {
  return {
    title: 'Paused builders',
    section: 'pauses',
    main: html`${showTable(
        'Paused builders',
        [
          { title: 'Builders', cell: ({ builders }) => html`<code>${builders}</code>` },
          { title: 'Reason', cell: ({ reason }) => reason || '-' },
          { title: 'By', cell: ({ by }) => by },
          { title: 'Since', cell: ({ since }) => showDistance(since, now), isNumber: true },
        ],
        pauses,
        'No builder is paused.',
      )}
      <p class="faint">
        No build requests are created for paused builders; everything else goes on. Pause with
        <code>buildbot-bridge pause --builder RE --reason TEXT</code>, end it with
        <code>buildbot-bridge resume</code>.
      </p>`,
  };
}
