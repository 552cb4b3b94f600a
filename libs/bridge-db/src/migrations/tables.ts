import type { QueryRunner } from 'typeorm';
import { createSchemaDialect } from './schema-dialect.js';

/** Puts `next` in the place of `tasks`, which becomes `aside`. In MySQL one statement, so that no moment lacks the table. */
export async function swapTasks(runner: QueryRunner, next: string, aside: string): Promise<void> {
  const { quote } = createSchemaDialect(runner);
  const occupied = await runner.hasTable('tasks');
  if (runner.dataSource.options.type === 'mysql') {
    const first = occupied ? `${quote('tasks')} TO ${quote(aside)}, ` : '';
    await runner.query(`RENAME TABLE ${first}${quote(next)} TO ${quote('tasks')}`);
    return;
  }
  if (occupied) await runner.query(`ALTER TABLE ${quote('tasks')} RENAME TO ${quote(aside)}`);
  await runner.query(`ALTER TABLE ${quote(next)} RENAME TO ${quote('tasks')}`);
}

export async function dropTable(runner: QueryRunner, name: string): Promise<void> {
  await runner.query(`DROP TABLE IF EXISTS ${createSchemaDialect(runner).quote(name)}`);
}

/** The single number that a query answers with; PostgreSQL counts in bigint, which comes as text. */
export async function countRows(runner: QueryRunner, query: string): Promise<number> {
  const rows = (await runner.query(query)) as { n: unknown }[];
  return Number(rows[0]?.n);
}
