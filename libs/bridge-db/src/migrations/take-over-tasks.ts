import { Logger } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import type { BridgeMigration } from './bridge-migration.js';
import { handBackTasks } from './hand-back-tasks.js';
import { rememberOrigin } from './origin.js';
import { isOurs, ORIGINAL_COLUMNS } from './original-tasks.js';
import { reportDetail } from '../migration-progress.js';
import { createSchemaDialect } from './schema-dialect.js';
import { countRows, dropTable, swapTasks } from './tables.js';

/**
 * Takes over the original's `tasks` table with its rows, or makes a fresh one; back again, see {@link handBackTasks}.
 *
 * In MySQL every statement stands for itself, so the new table is filled aside and swapped in by one statement, and
 * every step before and after may be run again. How the table was found is written down first, in `bridge_origin`.
 * The original's services have to be stopped meanwhile: what they write between copy and swap would be lost.
 */
export class TakeOverTasks1795000000001 implements BridgeMigration {
  readonly name = 'TakeOverTasks1795000000001';
  readonly since = '3.0.0';
  private readonly logger = new Logger('Migrations');

  async up(runner: QueryRunner): Promise<void> {
    const origin = await rememberOrigin(runner);
    if (!(await isOurs(runner))) {
      await createTasks(runner);
      await createSuperseded(runner);
      if (origin !== 'none') await this.copy(runner);
      await swapTasks(runner, 'bridge_tasks_new', 'bridge_tasks_old');
    }
    await dropTable(runner, 'bridge_tasks_old');
  }

  async down(runner: QueryRunner): Promise<void> {
    await handBackTasks(runner, this.logger);
  }

  /**
   * Copies every row that can be followed. The original could hold several rows of one task; the one of the highest
   * run (then of the highest build request) goes on, the others are kept aside for the way back, and so are rows
   * without a task. A row without a run counts as run 0.
   */
  private async copy(runner: QueryRunner): Promise<void> {
    const { quote } = createSchemaDialect(runner);
    if (runner.dataSource.options.type === 'postgres') {
      await runner.query(`LOCK TABLE ${quote('tasks')} IN ACCESS EXCLUSIVE MODE`);
    }
    const found = await countRows(runner, `SELECT COUNT(*) AS n FROM ${quote('tasks')}`);
    reportDetail(runner, `copying ${found} rows of tasks`);
    const columns = ORIGINAL_COLUMNS.map(quote).join(', ');
    const read = ORIGINAL_COLUMNS.map((name) =>
      name === 'runId' ? `COALESCE(o.${quote(name)}, 0)` : `o.${quote(name)}`,
    ).join(', ');
    const rank = (row: string, column: string) => `COALESCE(${row}.${quote(column)}, -1)`;
    const superseded = `(o.${quote('taskId')} IS NULL OR EXISTS (
      SELECT 1 FROM ${quote('tasks')} p WHERE p.${quote('taskId')} = o.${quote('taskId')} AND (
        ${rank('p', 'runId')} > ${rank('o', 'runId')} OR (
          ${rank('p', 'runId')} = ${rank('o', 'runId')} AND
          ${rank('p', 'buildrequestId')} > ${rank('o', 'buildrequestId')}))))`;
    await runner.query(
      `INSERT INTO ${quote('bridge_tasks_new')} (${columns}, ${quote('rev')})
       SELECT ${read}, 0 FROM ${quote('tasks')} o WHERE NOT ${superseded}`,
    );
    await runner.query(
      `INSERT INTO ${quote('tasks_superseded')} (${columns})
       SELECT ${columns} FROM ${quote('tasks')} o WHERE ${superseded}`,
    );
    const rows = await countRows(runner, `SELECT COUNT(*) AS n FROM ${quote('tasks_superseded')}`);
    if (rows > 0)
      this.logger.warn(
        { rows, table: 'tasks_superseded' },
        'rows of superseded runs were set aside; migrate --down restores them',
      );
  }
}

/** The bridge's own layout. Names of indexes differ from the original's: outside MySQL they are unique per schema. */
async function createTasks(runner: QueryRunner): Promise<void> {
  const { quote, idType, exactText, tableOptions } = createSchemaDialect(runner);
  await dropTable(runner, 'bridge_tasks_new');
  await runner.query(
    `CREATE TABLE ${quote('bridge_tasks_new')} (
      ${quote('id')} ${idType},
      ${quote('buildrequestId')} INTEGER NULL,
      ${quote('taskId')} ${exactText(32)} NOT NULL,
      ${quote('runId')} INTEGER NOT NULL,
      ${quote('createdDate')} INTEGER NULL,
      ${quote('processedDate')} INTEGER NULL,
      ${quote('takenUntil')} INTEGER NULL,
      ${quote('buildId')} INTEGER NULL,
      ${quote('missingSince')} INTEGER NULL,
      ${quote('rev')} INTEGER NOT NULL DEFAULT 0,
      CONSTRAINT ${quote('bridge_uc_tasks_taskId')} UNIQUE (${quote('taskId')})
    )${tableOptions}`,
  );
  const index = (name: string, columns: string[]) =>
    runner.query(
      `CREATE INDEX ${quote(name)} ON ${quote('bridge_tasks_new')} (${columns.map(quote).join(', ')})`,
    );
  await index('bridge_ix_tasks_buildrequestId', ['buildrequestId']);
  await index('bridge_ix_tasks_takenUntil', ['takenUntil', 'id']);
}

async function createSuperseded(runner: QueryRunner): Promise<void> {
  const { quote, idType, exactText, tableOptions } = createSchemaDialect(runner);
  await dropTable(runner, 'tasks_superseded');
  const columns = ORIGINAL_COLUMNS.map(
    (name) => `${quote(name)} ${name === 'taskId' ? exactText(32) : 'INTEGER'} NULL`,
  );
  await runner.query(
    `CREATE TABLE ${quote('tasks_superseded')} (${quote('id')} ${idType}, ${columns.join(', ')})${tableOptions}`,
  );
}
