import { isContention, isFull, isReadOnly } from '../errors/errors.js';

/** Seconds for which a successful write counts as proof. */
const FRESH = 15;

/** Seconds for which a database counts as full after a write failed because of that. */
const STAYS_FULL = 60;

/**
 * Finds out whether a database accepts writes. A read-only one refuses even a statement that writes no row, so the probe
 * writes nothing. A full one may still accept a small write, so a real write that failed says more than a probe: it is
 * recorded by {@link noteFailure}.
 */
export class WriteProbe {
  private succeededAt = -Infinity;
  private fullAt = -Infinity;

  /** @param now seconds */
  constructor(private readonly now = () => Date.now() / 1000) {}

  /** @param error of any work on the database, as the driver or an adapter threw it */
  noteFailure(error: unknown): void {
    const cause = error instanceof Error ? error.cause : undefined;
    if ([error, cause].some(isFull)) this.fullAt = this.now();
    // An earlier success proves nothing any more: the next question is answered by a new write.
    if ([error, cause].some(isReadOnly)) this.succeededAt = -Infinity;
  }

  /**
   * The server's own reason why the database accepts no writes; undefined when it accepts them, or when that cannot be
   * determined.
   *
   * @param write a statement that writes no row
   */
  async findProblem(write: () => Promise<unknown>): Promise<string | undefined> {
    if (this.now() - this.fullAt < STAYS_FULL)
      return 'a write failed because the database, or the disk that it is on, is full; make room there';
    if (this.now() - this.succeededAt < FRESH) return undefined;
    try {
      await write();
      this.succeededAt = this.now();
      return undefined;
    } catch (error) {
      this.noteFailure(error);
      const cause = error instanceof Error ? error.cause : undefined;
      if ([error, cause].some(isContention)) return undefined;
      return [error, cause].some((each) => isReadOnly(each) || isFull(each))
        ? (error as Error).message
        : undefined;
    }
  }
}
