import { readFile } from 'node:fs/promises';
import { translateErrors, retryWhenBusy } from '@bbb/sql';
import type { DataSource } from 'typeorm';
import { createDataSource } from '../data-source.js';
import { type Generation, ORIGINAL_COLUMNS } from '../migrations/original-tasks.js';

export type OriginalRow = [
  buildrequestId: number | null,
  taskId: string | null,
  runId: number | null,
  createdDate: number | null,
  processedDate: number | null,
  takenUntil: number | null,
];

const FIXTURES = new URL('../../../../test/fixtures/ddl/', import.meta.url);

export async function connect(url: string): Promise<DataSource> {
  const source = createDataSource({ url, poolSize: 3, connectTimeout: 5 });
  await translateErrors('bridge-db', () => retryWhenBusy(() => source.initialize()));
  return source;
}

/** The original's table as its DDL has it, with rows. SQLAlchemy quoted mixed-case names on PostgreSQL. */
export async function makeOriginal(
  source: DataSource,
  generation: Generation,
  rows: readonly OriginalRow[],
): Promise<void> {
  const file = new URL(`bridge-db-${generation}.sql`, FIXTURES);
  const text = (await readFile(file, 'utf8')).replace(/--.*$/gm, '');
  const quoted =
    source.options.type === 'postgres' ? text.replace(/\b\w*[a-z][A-Z]\w*\b/g, (name) => `"${name}"`) : text;
  for (const statement of quoted.split(';').filter((part) => part.trim() !== ''))
    await source.query(statement);
  for (const row of rows) await insertOriginal(source, row);
}

export async function insertOriginal(source: DataSource, row: OriginalRow): Promise<void> {
  const values = row.map((value) => (value === null ? 'NULL' : `'${value}'`)).join(', ');
  await source.query(`INSERT INTO tasks (${columns(source)}) VALUES (${values})`);
}

/** All rows of `tasks` or another table with its columns, in a fixed order. */
export async function originalRows(source: DataSource, table = 'tasks'): Promise<OriginalRow[]> {
  const rows = await source.query<Record<string, number | string | null>[]>(
    `SELECT ${columns(source)} FROM ${table}`,
  );
  return rows
    .map((row) => ORIGINAL_COLUMNS.map((name) => row[name]) as unknown as OriginalRow)
    .sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
}

/** What a table looks like: columns, keys and indexes, without the names of unique constraints, which SQLite does not tell. */
export async function layoutOf(source: DataSource, name = 'tasks') {
  const runner = source.createQueryRunner();
  try {
    const table = await runner.getTable(name);
    if (!table) return undefined;
    return {
      columns: table.columns.map(({ name, type, isNullable, isPrimary }) => ({
        name,
        type,
        isNullable,
        isPrimary,
      })),
      indexes: table.indices
        .map((index) => `${index.name}(${index.columnNames.join()})${index.isUnique ? ' unique' : ''}`)
        .sort(),
      uniques: table.uniques.map((unique) => unique.columnNames.join()).sort(),
    };
  } finally {
    await runner.release();
  }
}

export async function tableNames(source: DataSource): Promise<string[]> {
  const query = {
    'better-sqlite3': `SELECT name AS n FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`,
    mysql: 'SELECT table_name AS n FROM information_schema.tables WHERE table_schema = DATABASE()',
    postgres: `SELECT table_name AS n FROM information_schema.tables WHERE table_schema = 'public'`,
  }[source.options.type as 'mysql'];
  return (await source.query<{ n: string }[]>(query)).map(({ n }) => n).sort();
}

function columns(source: DataSource): string {
  return ORIGINAL_COLUMNS.map((name) => source.driver.escape(name)).join(', ');
}
