import type { QueryRunner } from 'typeorm';
import type { BridgeMigration } from './bridge-migration.js';
import { createSchemaDialect } from './schema-dialect.js';
import { dropTable } from './tables.js';

/** The table of the walk that reflectors share. Both directions may be cut off anywhere and run again. */
export class CreateWalks1794999999996 implements BridgeMigration {
  readonly name = 'CreateWalks1794999999996';
  readonly since = '3.0.0';

  async up(runner: QueryRunner): Promise<void> {
    const { quote, exactText, tableOptions } = createSchemaDialect(runner);
    await runner.query(
      `CREATE TABLE IF NOT EXISTS ${quote('bridge_walks')} (
        ${quote('id')} INTEGER NOT NULL PRIMARY KEY,
        ${quote('pass')} DOUBLE PRECISION NOT NULL,
        ${quote('rest')} ${exactText(255)} NULL,
        ${quote('parts')} INTEGER NOT NULL,
        ${quote('seen')} INTEGER NOT NULL,
        ${quote('missing')} INTEGER NOT NULL,
        ${quote('takenAt')} DOUBLE PRECISION NOT NULL
      )${tableOptions}`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTable(runner, 'bridge_walks');
  }
}
