import { isContention, isFull, isReadOnly } from '../errors/errors.js';

/** Seconds for which a write that succeeded counts. */
const FRESH = 15;

/** Seconds for which a database counts as full after a write failed because of that. */
const STAYS_FULL = 60;

/**
 * Tells whether a database takes writes. A read-only one refuses even a statement that writes no row, so that nothing has
 * to be written to find out. A full one may still take a small write, so that a real write that failed says more than a
 * probe: it is noted by {@link noteFailure}.
 */
export class WriteProbe {
  private succeededAt = -Infinity;
  private fullAt = -Infinity;

  /** @param now seconds */
  constructor(private readonly now = () => Date.now() / 1000) {}

  /** @param error of any work on the database, as the driver or an adapter threw it */
  noteFailure(error: unknown): void {
    if (isFull(error) || (error instanceof Error && isFull(error.cause))) this.fullAt = this.now();
  }

  /**
   * Why the database takes no writes, for a reason that the server itself gives; undefined when it does, or when it
   * cannot be told.
   *
   * @param write a statement that writes no row
   */
  async problem(write: () => Promise<unknown>): Promise<string | undefined> {
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
