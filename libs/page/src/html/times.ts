import { formatDuration } from '@bbb/operation';
import { html, type Markup } from './html.js';

/** A point in time, with its full form for machines and on hover. @param at epoch seconds */
export function showInstant(at: number): Markup {
  const iso = new Date(at * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
  return html`<time datetime="${iso}" title="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 19)}</time>`;
}

/** How long ago, or in how long. @param at epoch seconds */
export function showDistance(at: number, now: number): Markup {
  const iso = new Date(at * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
  const text = at > now ? `in ${formatDuration(at - now)}` : `${formatDuration(now - at)} ago`;
  return html`<time datetime="${iso}" title="${iso}">${text}</time>`;
}
