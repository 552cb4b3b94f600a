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
