import type { Place, Walk } from './page-cursor.js';
import type { RawTaskRow } from './read-task-row.js';
import type { TaskColumns } from './task-columns.js';

type Value = string | number | null;

/** A row of a page; in the first page of a walk with the place where the walk ends. */
export type WalkedRow = RawTaskRow & { lastTakenUntil?: Value; lastId?: number };

interface Condition {
  sql: string;
  values: readonly Value[];
}

/**
 * Selects the next rows of one part of a walk by the index of `takenUntil` and `id`, beginning behind the last row that
 * was read, so that no statement reads more than a page.
 *
 * @param upTo where the walk ends
 */
export function selectPage(
  columns: TaskColumns,
  walk: Walk,
  limit: number,
  upTo?: Walk,
): { sql: string; values: Value[] } {
  const ends = walk.last ? '' : `, ${selectLast(columns)}`;
  const { sql, values } = selectRest(columns, walk, upTo);
  return { sql: `SELECT ${columns.selected}${ends} ${sql} LIMIT ${limit}`, values };
}

/** Selects the place of the row that is so many rows further in one part of a walk. */
export function selectPlace(
  columns: TaskColumns,
  walk: Walk,
  count: number,
): { sql: string; values: Value[] } {
  const { sql, values } = selectRest(columns, walk);
  const place = `${columns.find('takenUntil')}, ${columns.find('id')}`;
  return { sql: `SELECT ${place} ${sql} LIMIT 1 OFFSET ${count - 1}`, values };
}

function selectRest(
  columns: TaskColumns,
  { part, after, last }: Walk,
  upTo?: Walk,
): { sql: string; values: Value[] } {
  const [id, takenUntil] = [columns.find('id'), columns.find('takenUntil')];
  const conditions: Condition[] = [
    { sql: `${takenUntil} IS ${part === 'claimed' ? 'NOT NULL' : 'NULL'}`, values: [] },
  ];
  if (after)
    conditions.push(part === 'claimed' ? isBehind(columns, after) : { sql: `${id} > ?`, values: [after.id] });
  if (last && part === 'claimed' && last.takenUntil !== null)
    conditions.push({ sql: `${takenUntil} <= ?`, values: [last.takenUntil] });
  if (last) conditions.push({ sql: `${id} <= ?`, values: [last.id] });
  if (upTo?.after && upTo.part === part) conditions.push(isUpTo(columns, upTo));
  const order = part === 'claimed' ? `${takenUntil}, ${id}` : id;
  return {
    sql: `FROM tasks WHERE ${conditions.map(({ sql }) => sql).join(' AND ')} ORDER BY ${order}`,
    values: conditions.flatMap(({ values }) => values),
  };
}

/** Rows behind a place, in a form that each database finds by the index. */
function isBehind(columns: TaskColumns, { takenUntil, id }: Place): Condition {
  const [end, row] = [columns.find('takenUntil'), columns.find('id')];
  return columns.dialect === 'mysql'
    ? { sql: `(${end} > ? OR (${end} = ? AND ${row} > ?))`, values: [takenUntil, takenUntil, id] }
    : { sql: `(${end}, ${row}) > (?, ?)`, values: [takenUntil, id] };
}

/** The end of a walk's stretch, in its part. */
function isUpTo(columns: TaskColumns, { part, after }: Walk): Condition {
  const [end, row] = [columns.find('takenUntil'), columns.find('id')];
  const { takenUntil, id } = after!;
  if (part === 'unclaimed') return { sql: `${row} <= ?`, values: [id] };
  return columns.dialect === 'mysql'
    ? { sql: `(${end} < ? OR (${end} = ? AND ${row} <= ?))`, values: [takenUntil, takenUntil, id] }
    : { sql: `(${end}, ${row}) <= (?, ?)`, values: [takenUntil, id] };
}

/** Two look-ups in indexes, each made once for a statement. */
function selectLast(columns: TaskColumns): string {
  const select = (field: 'takenUntil' | 'id', name: string) =>
    `(SELECT MAX(${columns.find(field)}) FROM tasks) AS ${columns.quote(name)}`;
  return `${select('takenUntil', 'lastTakenUntil')}, ${select('id', 'lastId')}`;
}

/**
 * Reads the next rows of a walk, and tells how it goes on. One row more is read than is wanted, to find out whether the part
 * goes on.
 *
 * @param read reads so many rows of one part of the walk
 * @param upTo where it ends
 */
export async function walkOn(
  walk: Walk,
  limit: number,
  read: (walk: Walk, count: number) => Promise<WalkedRow[]>,
  upTo?: Walk,
): Promise<{ rows: WalkedRow[]; next?: Walk }> {
  const rows = await read(walk, limit + 1);
  const last = walk.last ?? (rows[0] && findLast(rows[0]));
  if (rows.length > limit) {
    const { takenUntil, id } = rows[limit - 1]!;
    const after = { takenUntil, id } as Place;
    return { rows: rows.slice(0, limit), next: { part: walk.part, after, last } };
  }
  const isOver = upTo?.part === 'claimed' || (upTo?.part === 'unclaimed' && !upTo.after);
  if (walk.part === 'unclaimed' || isOver) return { rows };
  const unclaimed: Walk = { part: 'unclaimed', last };
  if (rows.length === limit) return { rows, next: unclaimed };
  const rest = await walkOn(unclaimed, limit - rows.length, read, upTo);
  return { ...rest, rows: [...rows, ...rest.rows] };
}

/** Where a walk ends, from the first row that it reads. */
function findLast({ lastTakenUntil, lastId }: WalkedRow): Place | undefined {
  return lastId === undefined ? undefined : { takenUntil: lastTakenUntil ?? null, id: lastId };
}
