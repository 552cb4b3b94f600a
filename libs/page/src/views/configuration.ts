import type { EffectiveSetting } from '@bbb/configuration';
import type { View } from '../html/document.js';
import { html } from '../html/html.js';
import { showTable } from '../html/table.js';

/** What this reflector works with. */
export function showConfiguration(settings: readonly EffectiveSetting[]): View {
  return {
    title: 'Configuration',
    section: 'configuration',
    main: html`<p>
        The configuration of this reflector since its start. Secrets are hidden. Of all services, and from its
        sources as they are now: <code>buildbot-bridge config --sources</code>.
      </p>
      ${showTable<EffectiveSetting>(
        'Settings',
        [
          { title: 'Setting', cell: ({ key }) => html`<code>${key}</code>` },
          { title: 'Value', cell: showValue },
          { title: 'Source', cell: ({ source }) => source },
          { title: 'Variable', cell: ({ variable }) => html`<code>${variable}</code>` },
        ],
        settings,
        '',
      )}`,
  };
}

function showValue({ value }: EffectiveSetting) {
  if (value === null) return '-';
  return html`<span class="id">${typeof value === 'string' ? value : JSON.stringify(value)}</span>`;
}
