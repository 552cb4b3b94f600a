import { Invalid } from '@bbb/rules';
import type { Row } from './sql.js';

/** Characters of a value that an error repeats. */
const SHOWN = 40;

/**
 * The number in a column. Drivers may return it as text, and SQLite as a float or, because its columns take any value,
 * as something else.
 *
 * @throws Invalid for anything but a number or null
 */
export function readNumber(row: Row, column: string): number | null {
  const value = row[column];
  if (value === null || value === undefined) return null;
  const number = typeof value === 'string' && value.trim() === '' ? NaN : Number(value);
  if (!Number.isFinite(number)) throw createUnreadable(row, column, 'a number');
  return number;
}

/** @throws Invalid for anything but a number */
export function requireNumber(row: Row, column: string): number {
  return readNumber(row, column) ?? fail(createUnreadable(row, column, 'a number'));
}

/** @throws Invalid for anything but text or null */
export function readText(row: Row, column: string): string | null {
  const value = row[column];
  if (value === null || value === undefined) return null;
  if (typeof value !== 'string') throw createUnreadable(row, column, 'text');
  return value;
}

/** @throws Invalid for anything but text that is not empty */
export function requireText(row: Row, column: string): string {
  return readText(row, column) || fail(createUnreadable(row, column, 'text'));
}

function createUnreadable(row: Row, column: string, what: string): Invalid {
  return new Invalid(`${column} is not ${what} but ${describeValue(row[column])}`);
}

/** A value as an error repeats it. */
export function describeValue(value: unknown): string {
  return value === null || typeof value === 'string' || typeof value === 'number'
    ? JSON.stringify(value).slice(0, SHOWN)
    : `of type ${typeof value}`;
}

function fail(error: Error): never {
  throw error;
}
