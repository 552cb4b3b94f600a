import { Random } from './random.js';
import { run } from './history/run.js';
import { ruleOf, shrink } from './history/shrink.js';
import { type History, historyOf } from './history/step.js';
import type { Mutant } from './bridge/mutant.js';

/** What many histories came to. */
export interface HistoriesReport {
  histories: number;
  /** Tasks by why their last run ended. */
  ends: Map<string, number>;
  faults: Map<string, number>;
  /** Virtual seconds. */
  lasted: number;
  /** The first history that broke a rule; the run ends with it. */
  failure?: Failure;
}

export interface Failure {
  seed: number;
  violation: string;
}

/** Runs the histories of consecutive seeds until one breaks a rule. */
export async function runHistories(
  firstSeed: number,
  histories: number,
  mutant?: Mutant,
  onHistory: (done: number) => void = () => undefined,
): Promise<HistoriesReport> {
  const ends = new Map<string, number>();
  const faults = new Map<string, number>();
  let lasted = 0;
  for (let index = 0; index < histories; index++) {
    const seed = firstSeed + index;
    const history = historyOfSeed(seed);
    if (mutant?.kind && mutant.kind !== history.kind) continue;
    const outcome = await run(history, mutant);
    onHistory(index + 1);
    lasted += outcome.lasted;
    for (const end of outcome.ends) add(ends, end, 1);
    for (const [fault, times] of outcome.faults) add(faults, fault, times);
    const [violation] = outcome.violations;
    if (violation !== undefined) {
      return { histories: index + 1, ends, faults, lasted, failure: { seed, violation } };
    }
  }
  return { histories, ends, faults, lasted };
}

export function historyOfSeed(seed: number): History {
  return historyOf(seed, new Random(seed));
}

/** A failure in the smallest form that could be found, for whoever has to understand it. */
export async function explain({ seed, violation }: Failure, mutant?: Mutant): Promise<string> {
  const small = await shrink(historyOfSeed(seed), ruleOf(violation), mutant);
  const [shown = violation] = (await run(small, mutant)).violations;
  const steps = small.steps.map(({ op, a, b, c }) => `  ['${op}', ${a}, ${b}, ${c}],`);
  const { steps: _steps, seed: _seed, ...rest } = small;
  return [
    `seed ${seed}: ${shown}`,
    `reproduce: npm run model -- --seed ${seed} --histories 1`,
    `shrunk to ${small.steps.length} steps (${JSON.stringify(rest)}):`,
    ...steps,
  ].join('\n');
}

/** Adds the counts of one report to another's. */
export function join(into: HistoriesReport, other: HistoriesReport): void {
  into.histories += other.histories;
  into.lasted += other.lasted;
  into.failure ??= other.failure;
  for (const [end, times] of other.ends) add(into.ends, end, times);
  for (const [fault, times] of other.faults) add(into.faults, fault, times);
}

/** A report for people. */
export function report({ histories, ends, faults, lasted }: HistoriesReport): string {
  const tasks = total(ends);
  const share = (times: number) => `${((100 * times) / tasks).toFixed(1)} %`;
  return [
    `${histories} histories, ${tasks} tasks, ${Math.round(lasted / 86_400)} days of virtual time`,
    `ends: ${sorted(ends)
      .map(([end, times]) => `${end} ${share(times)}`)
      .join(', ')}`,
    `${total(faults)} faults: ${sorted(faults)
      .map(([fault, times]) => `${fault} ${times}`)
      .join(', ')}`,
  ].join('\n');
}

/** The share of tasks that ended in one of these ways. */
export function shareOf(ends: ReadonlyMap<string, number>, ...wanted: string[]): number {
  return wanted.reduce((sum, end) => sum + (ends.get(end) ?? 0), 0) / total(ends);
}

export function total(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, times) => sum + times, 0);
}

function sorted(counts: ReadonlyMap<string, number>): [string, number][] {
  return [...counts].sort((a, b) => b[1] - a[1]);
}

function add(counts: Map<string, number>, key: string, times: number): void {
  counts.set(key, (counts.get(key) ?? 0) + times);
}
