import { Invalid } from '@bbb/rules';

/** The end of a claim as it was read: SQLite takes any value in any column. */
type End = string | number;

/** Where a row stands among those of its part of a walk. */
export interface Place {
  takenUntil: End | null;
  id: number;
}

/**
 * How far a walk over the tracked tasks has come: first the claimed tasks by the end of their claims, then the unclaimed.
 */
export interface Walk {
  part: 'claimed' | 'unclaimed';
  /** The row that was read last in this part; undefined at its beginning. */
  after?: Place | undefined;
  /** The last claim and the newest row when the walk began: what is reclaimed or tracked meanwhile is not walked to. */
  last?: Place | undefined;
}

export const BEGINNING: Walk = { part: 'claimed' };

/** The rest of a walk as opaque text. */
export function toCursor({ part, after, last }: Walk): string {
  return JSON.stringify([part, toList(after), toList(last)]);
}

/** @throws Invalid when the cursor is none of ours */
export function readCursor(cursor: string): Walk {
  try {
    const [part, after, last] = JSON.parse(cursor) as unknown[];
    if (part === 'claimed' || part === 'unclaimed')
      return { part, after: readPlace(after), last: readPlace(last) };
  } catch {
    // Not JSON, or not of this form.
  }
  throw new Invalid('not a cursor of this store');
}

function toList(place: Place | undefined): unknown {
  return place && [place.takenUntil, place.id];
}

function readPlace(list: unknown): Place | undefined {
  if (list === null) return undefined;
  const [takenUntil, id] = list as unknown[];
  const isEnd = takenUntil === null || ['string', 'number'].includes(typeof takenUntil);
  if (!isEnd || !Number.isSafeInteger(id)) throw new TypeError('not a place');
  return { takenUntil: takenUntil as End | null, id: id as number };
}
