export type Value = string | number | null | readonly string[];

/** SQL with a `?` for each value. */
export interface Statement {
  sql: string;
  values: readonly Value[];
}

/** A row as a driver returns it. */
export type Row = Record<string, unknown>;

/** An INSERT of one row; `computed` columns take an SQL expression instead of a value. */
export function insertInto(
  table: string,
  row: Readonly<Record<string, Value>>,
  computed: Readonly<Record<string, string>> = {},
): Statement {
  const columns = [...Object.keys(row), ...Object.keys(computed)];
  const expressions = [...Object.keys(row).map(() => '?'), ...Object.values(computed)];
  return {
    sql: `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${expressions.join(', ')})`,
    values: Object.values(row),
  };
}
