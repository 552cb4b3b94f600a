/** The part of a terminal or file that is written to. */
interface Output {
  isTTY?: boolean;
  write(text: string): unknown;
}

/** Milliseconds between two lines where there is no terminal. */
const PAUSE = 10_000;

/**
 * Shows what a long command is doing and how much is left: one line that is redrawn on a terminal; elsewhere a new line
 * for each part of the work, and every ten seconds. On standard error, so that results can be redirected.
 */
export class ProgressLine {
  private readonly begun: number;
  private saidAt = -Infinity;
  private said = '';

  /** @param estimates whether the parts of the work take about the same time, so that what is left can be estimated */
  constructor(
    private readonly out: Output = process.stderr,
    private readonly now: () => number = Date.now,
    private readonly estimates = true,
  ) {
    this.begun = now();
  }

  /** @param what the part of the work that is under way */
  show(done: number, total: number, what: string): void {
    const passed = this.now() - this.begun;
    const left =
      this.estimates && done > 0 && done < total
        ? `, about ${formatDuration((passed / done) * (total - done))} left`
        : '';
    const line = `${Math.round(done)} of ${total}, ${formatDuration(passed)}${left}: ${what}`;
    if (this.out.isTTY) {
      this.out.write(`\r\x1b[K${line}`);
      return;
    }
    if (what === this.said && this.now() - this.saidAt < PAUSE) return;
    this.said = what;
    this.saidAt = this.now();
    this.out.write(`${line}\n`);
  }

  /** Erases the line, so that something else can be written. */
  erase(): void {
    if (this.out.isTTY) this.out.write('\r\x1b[K');
  }
}

function formatDuration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
