import type { Figures, Report } from './figures.js';

/** Events a second of each scenario that everything but the bridge carries. */
export type Ceilings = Readonly<Record<string, number>>;

/** Part of a ceiling from which on a rate says more about the bench than about the bridge. */
const CLOSE = 2 / 3;

/** Marks a rate that is the bench's own: within a third of what it carries. */
export function markRate(scenario: string, name: string, rate: number, ceilings: Ceilings): string {
  const most = name === 'events/s' ? ceilings[scenario] : undefined;
  return most !== undefined && rate >= CLOSE * most
    ? `  the bench's own limit: it carries ${shorten(most)}`
    : '';
}

/** Results as text: a block for each scenario, a line for each figure. */
export function renderTable({ results }: Pick<Report, 'results'>, ceilings: Ceilings = {}): string {
  return results
    .map(({ scenario, latency, runs, median }) => {
      const describeSpread = (name: string) => {
        const values = runs.map((run) => run[name] ?? NaN);
        return runs.length > 1
          ? `  (${shorten(Math.min(...values))} to ${shorten(Math.max(...values))})`
          : '';
      };
      return renderBlock(
        `${scenario}, ${latency} ms`,
        median,
        (name, value) => shorten(value) + describeSpread(name) + markRate(scenario, name, value, ceilings),
      );
    })
    .join('\n');
}

/** New figures divided by old ones, where both files have them. */
export function renderRatios(older: Report, newer: Report): string {
  return newer.results
    .flatMap(({ scenario, latency, median }) => {
      const before = older.results.find((other) => other.scenario === scenario && other.latency === latency);
      if (!before) return [];
      const ratios = Object.entries(median).map(([name, value]) => [
        name,
        value / (before.median[name] ?? NaN),
      ]);
      return renderBlock(
        `${scenario}, ${latency} ms`,
        Object.fromEntries(ratios) as Figures,
        (name, ratio) =>
          `${ratio.toFixed(2)}  (${shorten(before.median[name] ?? NaN)} to ${shorten(median[name]!)})`,
      );
    })
    .join('\n');
}

function renderBlock(title: string, figures: Figures, text: (name: string, value: number) => string): string {
  const width = Math.max(...Object.keys(figures).map(({ length }) => length));
  const lines = Object.entries(figures).map(
    ([name, value]) => `  ${name.padEnd(width)}  ${text(name, value)}\n`,
  );
  return `${title}\n${lines.join('')}`;
}

function shorten(value: number): string {
  if (Number.isNaN(value)) return '-';
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
