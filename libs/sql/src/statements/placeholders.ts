import type { Dialect } from '../url/database-url.js';

/** Numbers the placeholders if the dialect requires it. Statements contain no question mark in text. */
export function numberPlaceholders(dialect: Dialect, sql: string): string {
  if (dialect !== 'postgres') return sql;
  let count = 0;
  return sql.replace(/\?/g, () => `$${++count}`);
}

/** Placeholders `?, ?, ?` for this number of values. */
export function listPlaceholders(count: number): string {
  return Array.from({ length: count }, () => '?').join(', ');
}
