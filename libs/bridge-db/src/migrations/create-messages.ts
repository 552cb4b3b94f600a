import { Invalid } from '@bbb/rules';
import { Logger } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import type { BridgeMigration } from './bridge-migration.js';
import { createSchemaDialect } from './schema-dialect.js';

const DUE = 'bridge_ix_messages_due';

/** The table of messages that could not be handled. Both directions may be cut off anywhere and run again. */
export class CreateMessages1795000000000 implements BridgeMigration {
  readonly name = 'CreateMessages1795000000000';
  readonly since = '3.0.0';
  private readonly logger = new Logger('Migrations');

  async up(runner: QueryRunner): Promise<void> {
    const { quote, idType, exactText, longText, tableOptions } = createSchemaDialect(runner);
    const found = await runner.getTable('messages');
    if (found && !found.findColumnByName('nextAttempt')) {
      throw new Invalid(
        'the database has a table "messages" that is not the bridge\'s: give the bridge its own database',
      );
    }
    if (!found) {
      await runner.query(
        `CREATE TABLE ${quote('messages')} (
          ${quote('id')} ${idType},
          ${quote('state')} ${exactText(16)} NOT NULL,
          ${quote('subscription')} ${exactText(64)} NOT NULL,
          ${quote('exchange')} ${exactText(255)} NOT NULL,
          ${quote('routingKey')} ${exactText(255)} NOT NULL,
          ${quote('body')} ${longText} NOT NULL,
          ${quote('error')} ${longText} NOT NULL,
          ${quote('attempts')} INTEGER NOT NULL,
          ${quote('receivedAt')} DOUBLE PRECISION NOT NULL,
          ${quote('nextAttempt')} DOUBLE PRECISION NULL
        )${tableOptions}`,
      );
    }
    if (found?.indices.some((index) => index.name === DUE)) return;
    const columns = ['state', 'subscription', 'nextAttempt', 'id'].map(quote).join(', ');
    await runner.query(`CREATE INDEX ${quote(DUE)} ON ${quote('messages')} (${columns})`);
  }

  async down(runner: QueryRunner): Promise<void> {
    const { quote } = createSchemaDialect(runner);
    if (!(await runner.hasTable('messages'))) return;
    const rows = (await runner.query(`SELECT COUNT(*) AS n FROM ${quote('messages')}`)) as { n: unknown }[];
    const messages = Number(rows[0]?.n);
    if (messages > 0) this.logger.warn({ messages }, 'kept messages are deleted with their table');
    await runner.query(`DROP TABLE ${quote('messages')}`);
  }
}
