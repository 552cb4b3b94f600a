import { Invalid } from '@bbb/rules';

/** Row ids that a walk has still to visit, in order, as an opaque cursor. */
export type Cursor = string;

const SEPARATOR = ',';

/**
 * The first page of a walk over these ids and the cursor to the rest. The cursor is the list of what is left, so it
 * needs no memory on this side, and neither changes of order nor other rows' coming and going touch the walk.
 */
export function openFirstPage(ids: readonly number[], limit: number): { ids: number[]; next?: Cursor } {
  const left = ids.slice(limit);
  const page = { ids: ids.slice(0, limit) };
  return left.length === 0 ? page : { ...page, next: left.join(SEPARATOR) };
}

/** @throws Invalid when the cursor is none of ours */
export function openNextPage(cursor: Cursor, limit: number): { ids: number[]; next?: Cursor } {
  // Only this page is parsed: the rest of a cursor of many thousand ids stays one piece of text.
  let end = -1;
  for (let count = 0; count < limit; count++) {
    end = cursor.indexOf(SEPARATOR, end + 1);
    if (end === -1) break;
  }
  const page = end === -1 ? cursor : cursor.slice(0, end);
  const ids = page.split(SEPARATOR).map(Number);
  if (!ids.every((id) => Number.isSafeInteger(id) && id > 0)) throw new Invalid('not a cursor of this store');
  return end === -1 ? { ids } : { ids, next: cursor.slice(end + 1) };
}
