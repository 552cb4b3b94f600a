import type { QueryRunner } from 'typeorm';
import type { BridgeMigration } from './bridge-migration.js';
import { createSchemaDialect } from './schema-dialect.js';
import { dropTable } from './tables.js';

const INDEXES: Readonly<Record<string, readonly string[]>> = {
  bridge_ix_journal_taskId: ['taskId', 'id'],
  bridge_ix_journal_at: ['at'],
};

/**
 * The tables that operators read and write: what was decided, which instances run, which builders are paused. Both
 * directions may be cut off anywhere and run again.
 */
export class CreateOperation1794999999997 implements BridgeMigration {
  readonly name = 'CreateOperation1794999999997';
  readonly since = '3.0.0';

  async up(runner: QueryRunner): Promise<void> {
    const { quote, idType, exactText, longText, tableOptions } = createSchemaDialect(runner);
    const create = (table: string, columns: Readonly<Record<string, string>>) =>
      runner.query(
        `CREATE TABLE IF NOT EXISTS ${quote(table)} (${Object.entries(columns)
          .map(([name, type]) => `${quote(name)} ${type}`)
          .join(', ')})${tableOptions}`,
      );
    await create('bridge_instances', {
      id: `${exactText(128)} NOT NULL PRIMARY KEY`,
      service: `${exactText(32)} NOT NULL`,
      host: `${exactText(255)} NOT NULL`,
      pid: 'INTEGER NOT NULL',
      version: `${exactText(64)} NOT NULL`,
      startedAt: 'DOUBLE PRECISION NOT NULL',
      seenAt: 'DOUBLE PRECISION NOT NULL',
      lastPassAt: 'DOUBLE PRECISION NULL',
      lastMessageAt: 'DOUBLE PRECISION NULL',
      problems: `${longText} NOT NULL`,
    });
    await create('bridge_pauses', {
      builders: `${exactText(255)} NOT NULL PRIMARY KEY`,
      reason: `${longText} NOT NULL`,
      since: 'DOUBLE PRECISION NOT NULL',
      by: `${exactText(255)} NOT NULL`,
    });
    await create('bridge_journal', {
      id: idType,
      at: 'DOUBLE PRECISION NOT NULL',
      taskId: `${exactText(32)} NOT NULL`,
      runId: 'INTEGER NULL',
      buildRequestId: 'INTEGER NULL',
      event: `${exactText(255)} NOT NULL`,
      verdict: `${exactText(32)} NOT NULL`,
      cause: `${exactText(255)} NOT NULL`,
      run: `${exactText(16)} NOT NULL`,
      request: `${exactText(16)} NOT NULL`,
      details: `${longText} NOT NULL`,
      duration: 'DOUBLE PRECISION NOT NULL',
      service: `${exactText(32)} NOT NULL`,
      instance: `${exactText(255)} NOT NULL`,
    });
    const found = await runner.getTable('bridge_journal');
    for (const [name, columns] of Object.entries(INDEXES)) {
      if (found?.indices.some((index) => index.name === name)) continue;
      await runner.query(
        `CREATE INDEX ${quote(name)} ON ${quote('bridge_journal')} (${columns.map(quote).join(', ')})`,
      );
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['bridge_journal', 'bridge_pauses', 'bridge_instances'])
      await dropTable(runner, table);
  }
}
