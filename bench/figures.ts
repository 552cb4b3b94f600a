/** What one run of a scenario measured: figures by name, units in the names. */
export type Figures = Record<string, number>;

/** The runs of one scenario under one condition. */
export interface Result {
  scenario: string;
  /** Milliseconds of Taskcluster's. */
  latency: number;
  runs: Figures[];
  median: Figures;
}

export interface Report {
  at: string;
  machine: string;
  database: string;
  schema: number;
  results: Result[];
}

/** The middle of each figure over all runs. */
export function computeMedian(runs: readonly Figures[]): Figures {
  const names = Object.keys(runs[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, findMiddle(runs.map((run) => run[name] ?? NaN))]));
}

function findMiddle(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
