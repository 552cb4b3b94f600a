import type { QueryRunner } from 'typeorm';
import type { BridgeMigration } from './bridge-migration.js';
import { createSchemaDialect } from './schema-dialect.js';
import { dropTable } from './tables.js';

/** The table of what the last passes found. Both directions may be cut off anywhere and run again. */
export class CreatePasses1794999999998 implements BridgeMigration {
  readonly name = 'CreatePasses1794999999998';
  readonly since = '3.0.0';

  async up(runner: QueryRunner): Promise<void> {
    const { quote, tableOptions } = createSchemaDialect(runner);
    await runner.query(
      `CREATE TABLE IF NOT EXISTS ${quote('bridge_passes')} (
        ${quote('id')} INTEGER NOT NULL PRIMARY KEY,
        ${quote('seen')} INTEGER NOT NULL,
        ${quote('missing')} INTEGER NOT NULL,
        ${quote('doubtedSince')} DOUBLE PRECISION NULL,
        ${quote('confirmedMissing')} INTEGER NULL,
        ${quote('finishedAt')} DOUBLE PRECISION NULL
      )${tableOptions}`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTable(runner, 'bridge_passes');
  }
}
