import { Invalid } from '@bbb/rules';
import type { View } from '../html/document.js';
import { html } from '../html/html.js';

/** What stands in the place of a page that cannot be made. */
export function showProblem(title: string, section: View['section'], error: Error): View {
  return {
    title,
    section,
    status: error instanceof Invalid ? 400 : 503,
    main: html`<p class="bad">${error.message}</p>`,
  };
}
