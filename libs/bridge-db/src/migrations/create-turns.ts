import type { QueryRunner } from 'typeorm';
import type { BridgeMigration } from './bridge-migration.js';
import { createSchemaDialect } from './schema-dialect.js';
import { dropTable } from './tables.js';

/** The table of turns at recurring work. Both directions may be cut off anywhere and run again. */
export class CreateTurns1794999999999 implements BridgeMigration {
  readonly name = 'CreateTurns1794999999999';
  readonly since = '3.0.0';

  async up(runner: QueryRunner): Promise<void> {
    const { quote, exactText, tableOptions } = createSchemaDialect(runner);
    await runner.query(
      `CREATE TABLE IF NOT EXISTS ${quote('bridge_turns')} (
        ${quote('name')} ${exactText(64)} NOT NULL PRIMARY KEY,
        ${quote('takenAt')} DOUBLE PRECISION NOT NULL
      )${tableOptions}`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTable(runner, 'bridge_turns');
  }
}
