/** The part of a terminal or file that is written to. */
interface Output {
  isTTY?: boolean;
  write(text: string): unknown;
}

/** Milliseconds between two lines where there is no terminal. */
const PAUSE = 10_000;

/**
 * What a long command does and how much is left of it: one line drawn anew on a terminal, elsewhere a plain line whenever
 * something else begins, and every ten seconds. On standard error, so that results can be redirected.
 */
export class ProgressLine {
  private readonly begun: number;
  private saidAt = -Infinity;
  private said = '';

  constructor(
    private readonly out: Output = process.stderr,
    private readonly now: () => number = Date.now,
  ) {
    this.begun = now();
  }

  /** @param what is under way; changes between two parts of the work */
  show(done: number, total: number, what: string): void {
    const passed = this.now() - this.begun;
    const left =
      done > 0 && done < total ? `, about ${durationOf((passed / done) * (total - done))} left` : '';
    const line = `${Math.round(done)} of ${total}, ${durationOf(passed)}${left}: ${what}`;
    if (this.out.isTTY) {
      this.out.write(`\r\x1b[K${line}`);
      return;
    }
    if (what === this.said && this.now() - this.saidAt < PAUSE) return;
    this.said = what;
    this.saidAt = this.now();
    this.out.write(`${line}\n`);
  }

  /** Takes the line away, so that something else can be written. */
  erase(): void {
    if (this.out.isTTY) this.out.write('\r\x1b[K');
  }
}

function durationOf(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
