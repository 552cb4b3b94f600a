/** Cases of the whole run, as asked for; the parts share them. */
const TOTAL = Number(process.env.BBB_TEST_FUZZ_CASES ?? 20_000);

const SHARES = { payloads: 0.7, messages: 0.2, configurations: 0.1 };

export interface Budget {
  numRuns: number;
  seed: number;
  /** Milliseconds that the test may take. */
  timeout: number;
}

/** What a part of the run is given. The seed is the same every time unless another one is asked for. */
export function budgetOf(part: keyof typeof SHARES): Budget {
  const numRuns = Math.ceil(TOTAL * SHARES[part]);
  return { numRuns, seed: Number(process.env.BBB_TEST_FUZZ_SEED ?? 20), timeout: 60_000 + numRuns * 20 };
}

/** Counts what happened; printed at the end, so that a run that never met a rule shows. */
export class Tally {
  readonly counts = new Map<string, number>();

  constructor(expected: Iterable<string> = []) {
    for (const name of expected) this.counts.set(name, 0);
  }

  add(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  of(name: string): number {
    return this.counts.get(name) ?? 0;
  }

  /** What was expected and never happened. */
  get missing(): string[] {
    return [...this.counts].filter(([, count]) => count === 0).map(([name]) => name);
  }

  print(title: string): void {
    const lines = [...this.counts].map(([name, count]) => `${String(count).padStart(9)}  ${name}`);
    process.stdout.write(`${title}\n${lines.join('\n')}\n`);
  }
}
