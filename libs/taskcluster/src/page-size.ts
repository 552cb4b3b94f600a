import { TimedOut, TooLarge } from './calls/answers.js';

/** Entries of a list's first page; each may have ten megabytes. */
const FIRST = 100;

/** The queue's maximum number of entries in a page. */
const MOST = 1000;

/**
 * Adapts the number of entries per page of a list: it grows from page to page, and shrinks when an answer is too large or
 * too slow. A page of one entry always fits, so that large tasks do not hide the others.
 */
export class PageSize {
  private limit = FIRST;

  /** @throws the error of the request, at the latest with a page of one entry */
  async request<T>(send: (limit: number) => Promise<T>): Promise<T> {
    for (;;) {
      try {
        const reply = await send(this.limit);
        this.limit = Math.min(MOST, this.limit * 2);
        return reply;
      } catch (error) {
        const isTooMuch = error instanceof TooLarge || error instanceof TimedOut;
        if (!isTooMuch || this.limit === 1) throw error;
        this.limit = Math.max(1, Math.floor(this.limit / 4));
      }
    }
  }
}
