import type { QueryRunner } from 'typeorm';
import { type Origin, originOf } from './original-tasks.js';
import { schemaDialect } from './schema-dialect.js';

/** Finds out how the database was found, and writes it down in `bridge_origin` unless an earlier attempt did. */
export async function rememberOrigin(runner: QueryRunner): Promise<Origin> {
  const { quote, tableOptions } = schemaDialect(runner);
  if (!(await runner.hasTable('bridge_origin'))) {
    // Looked at before the first change, so that a foreign table is refused with nothing left behind.
    await originOf(runner);
    await runner.query(
      `CREATE TABLE ${quote('bridge_origin')} (
        ${quote('id')} INTEGER NOT NULL PRIMARY KEY,
        ${quote('generation')} VARCHAR(16) NOT NULL
      )${tableOptions}`,
    );
  }
  const remembered = await rememberedOrigin(runner);
  if (remembered) return remembered;
  const origin = await originOf(runner);
  await runner.query(`INSERT INTO ${quote('bridge_origin')} VALUES (1, '${origin}')`);
  return origin;
}

export async function rememberedOrigin(runner: QueryRunner): Promise<Origin | undefined> {
  const { quote } = schemaDialect(runner);
  const rows = (await runner.query(
    `SELECT ${quote('generation')} AS ${quote('generation')} FROM ${quote('bridge_origin')}`,
  )) as { generation: Origin }[];
  return rows[0]?.generation;
}
