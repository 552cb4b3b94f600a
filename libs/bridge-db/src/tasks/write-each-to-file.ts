import type { DataSource } from 'typeorm';

/** The part of libsql's connection that is used. */
interface SqliteFile {
  prepare(sql: string): { run(...values: unknown[]): { changes: number } };
  transaction<Result>(work: () => Result): { immediate(): Result };
}

/**
 * Runs statements in one transaction on a SQLite file, each about one row, and tells of each whether it wrote it. Nothing
 * is awaited in between, so that no other statement of this process gets into the transaction.
 */
export async function writeEachToFile(
  source: DataSource,
  statements: readonly { sql: string; values: readonly unknown[] }[],
): Promise<boolean[]> {
  const file = (await source.createQueryRunner().connect()) as SqliteFile;
  const write = file.transaction(() =>
    statements.map(({ sql, values }) => file.prepare(sql).run(...values).changes === 1),
  );
  return write.immediate();
}
