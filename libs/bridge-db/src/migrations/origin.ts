import type { QueryRunner } from 'typeorm';
import { type Origin, detectOrigin } from './original-tasks.js';
import { createSchemaDialect } from './schema-dialect.js';

/** Finds out how the database was found, and writes it down in `bridge_origin` unless an earlier attempt did. */
export async function rememberOrigin(runner: QueryRunner): Promise<Origin> {
  const { quote, tableOptions } = createSchemaDialect(runner);
  if (!(await runner.hasTable('bridge_origin'))) {
    // Looked at before the first change, so that a foreign table is refused with nothing left behind.
    await detectOrigin(runner);
    await runner.query(
      `CREATE TABLE ${quote('bridge_origin')} (
        ${quote('id')} INTEGER NOT NULL PRIMARY KEY,
        ${quote('generation')} VARCHAR(16) NOT NULL
      )${tableOptions}`,
    );
  }
  const remembered = await readOrigin(runner);
  if (remembered) return remembered;
  const origin = await detectOrigin(runner);
  await runner.query(`INSERT INTO ${quote('bridge_origin')} VALUES (1, '${origin}')`);
  return origin;
}

export async function readOrigin(runner: QueryRunner): Promise<Origin | undefined> {
  const { quote } = createSchemaDialect(runner);
  const rows = (await runner.query(
    `SELECT ${quote('generation')} AS ${quote('generation')} FROM ${quote('bridge_origin')}`,
  )) as { generation: Origin }[];
  return rows[0]?.generation;
}
