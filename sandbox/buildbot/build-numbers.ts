/**
 * A master's build numbers, counted per builder. Only a finished build is on disk, so that a master that was killed
 * gives the numbers of its unfinished builds out again.
 */
export class BuildNumbers {
  private readonly next = new Map<string, number>();
  private readonly saved = new Map<string, number>();

  allocate(buildername: string): number {
    const number = this.next.get(buildername) ?? 0;
    this.next.set(buildername, number + 1);
    return number;
  }

  finished(buildername: string, number: number): void {
    this.saved.set(buildername, Math.max(number, this.saved.get(buildername) ?? -1));
  }

  /** Sets what the next build of a builder is called. */
  continueAt(buildername: string, number: number): void {
    this.next.set(buildername, number);
    this.saved.set(buildername, number - 1);
  }

  crash(): void {
    for (const buildername of this.next.keys()) {
      this.next.set(buildername, (this.saved.get(buildername) ?? -1) + 1);
    }
  }
}
