import type { Dialect } from '../url/database-url.js';

/** Numbers the placeholders where the dialect wants that. Statements hold no question mark in text. */
export function numberPlaceholders(dialect: Dialect, sql: string): string {
  if (dialect !== 'postgres') return sql;
  let count = 0;
  return sql.replace(/\?/g, () => `$${++count}`);
}

/** `?, ?, ?` for so many values. */
export function listPlaceholders(count: number): string {
  return Array.from({ length: count }, () => '?').join(', ');
}
