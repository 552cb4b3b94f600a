import type { Dialect } from '@bbb/sql';
import type { LazySource } from '../connection/lazy-source.js';
import { findMarkerTable, recogniseSchema, type SchedulerSchema } from './recognise-schema.js';

/** The schema, and whether its tables know transactions (MyISAM, as in Mozilla's production dump, does not). */
export interface DetectedSchema extends SchedulerSchema {
  transactions: boolean;
}

const COLUMNS: Record<Dialect, string> = {
  sqlite:
    'SELECT m.name AS table_name, p.name AS column_name FROM sqlite_master m ' +
    "JOIN pragma_table_info(m.name) p WHERE m.type = 'table'",
  mysql:
    'SELECT table_name AS table_name, column_name AS column_name FROM information_schema.columns ' +
    'WHERE table_schema = DATABASE()',
  postgres:
    'SELECT table_name, column_name FROM information_schema.columns ' +
    'WHERE table_schema = ANY (current_schemas(false))',
};

const WITHOUT_TRANSACTIONS =
  'SELECT COUNT(*) AS count FROM information_schema.tables t JOIN information_schema.engines e ON e.engine = t.engine ' +
  "WHERE t.table_schema = DATABASE() AND COALESCE(e.transactions, 'NO') <> 'YES' AND t.table_name IN " +
  "('sourcestamps', 'sourcestampsets', 'buildsets', 'buildset_properties', 'buildrequests')";

/**
 * Looks which schema a database has.
 *
 * @throws Unavailable when it is away, or is no scheduler database that the bridge knows
 */
export async function detectSchema(source: LazySource): Promise<DetectedSchema> {
  const columns = new Map<string, Set<string>>();
  for (const row of await source.query({ sql: COLUMNS[source.dialect], values: [] })) {
    const [table, column] = [String(row.table_name), String(row.column_name)];
    columns.set(table, (columns.get(table) ?? new Set()).add(column));
  }
  const marker = findMarkerTable(columns);
  const [row] = marker
    ? await source.query({ sql: `SELECT MAX(version) AS version FROM ${marker}`, values: [] })
    : [];
  const version = row?.version == null ? undefined : Number(row.version);
  const schema = recogniseSchema({ columns, version });
  return { ...schema, transactions: await supportsTransactions(source) };
}

async function supportsTransactions(source: LazySource): Promise<boolean> {
  if (source.dialect !== 'mysql') return true;
  const [row] = await source.query({ sql: WITHOUT_TRANSACTIONS, values: [] });
  return Number(row?.count) === 0;
}
