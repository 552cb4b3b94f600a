import { html, type Markup } from './html.js';

const WIDTH = 240;
const HEIGHT = 48;

/**
 * Bars of equal width, the oldest first. The numbers are read to people who cannot see them.
 *
 * @param minutes that one bar stands for
 */
export function showBars(title: string, counts: readonly number[], minutes: number): Markup {
  const most = Math.max(1, ...counts);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const width = WIDTH / counts.length;
  const label = `${title}: ${total} in the last hour; each ${minutes} minutes, oldest first: ${counts.join(', ')}`;
  return html`<figure>
    <figcaption>${title} <strong>${total}</strong></figcaption>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}" preserveAspectRatio="none">
      ${counts.map((count, index) => {
        const height = (count / most) * (HEIGHT - 2);
        const [x, y] = [(index * width + 1).toFixed(1), (HEIGHT - height).toFixed(1)];
        return html`<rect
          x="${x}"
          y="${y}"
          width="${(width - 2).toFixed(1)}"
          height="${height.toFixed(1)}"
        />`;
      })}
      <line x1="0" y1="${HEIGHT - 0.5}" x2="${WIDTH}" y2="${HEIGHT - 0.5}" />
    </svg>
  </figure>`;
}
