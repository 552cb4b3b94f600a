import { Invalid } from '@bbb/rules';
import type { QueryRunner } from 'typeorm';
import { createSchemaDialect } from './schema-dialect.js';

/**
 * Layouts of the original's `tasks` table. Until 1.6.2 the build request's id is the primary key; from 1.6.3 a row is
 * written before its build request exists, and (taskId, runId) is unique instead.
 */
export type Generation = 'until-1.6.2' | 'from-1.6.3';

/** How the database was found: with a table of one of these layouts, or without any. */
export type Origin = Generation | 'none';

export const ORIGINAL_COLUMNS = [
  'buildrequestId',
  'taskId',
  'runId',
  'createdDate',
  'processedDate',
  'takenUntil',
] as const;

/** Whether `tasks` has the bridge's own layout already. */
export async function isOurs(runner: QueryRunner): Promise<boolean> {
  return (await runner.hasTable('tasks')) && (await runner.hasColumn('tasks', 'rev'));
}

/** @throws Invalid when there is a table `tasks` of neither original layout */
export async function detectOrigin(runner: QueryRunner): Promise<Origin> {
  const table = await runner.getTable('tasks');
  if (!table) return 'none';
  const missing = ORIGINAL_COLUMNS.filter((name) => !table.findColumnByName(name));
  if (missing.length > 0) {
    throw new Invalid(
      `the table "tasks" is not a Buildbot Bridge's: it has no column ${missing.join(', ')}; nothing was changed`,
    );
  }
  return table.findColumnByName('buildrequestId')?.isPrimary ? 'until-1.6.2' : 'from-1.6.3';
}

/** Makes an empty table in a layout of the original. */
export async function createOriginal(
  runner: QueryRunner,
  name: string,
  generation: Generation,
): Promise<void> {
  const { quote, tableOptions } = createSchemaDialect(runner);
  const until162 = generation === 'until-1.6.2';
  const notNull = until162 ? '' : ' NOT NULL';
  await runner.query(
    `CREATE TABLE ${quote(name)} (
      ${quote('buildrequestId')} INTEGER${until162 ? ' NOT NULL PRIMARY KEY' : ''},
      ${quote('taskId')} VARCHAR(32)${notNull},
      ${quote('runId')} INTEGER${notNull},
      ${quote('createdDate')} INTEGER,
      ${quote('processedDate')} INTEGER,
      ${quote('takenUntil')} INTEGER${
        until162
          ? ''
          : `,\n      CONSTRAINT ${quote('uc_tasks_taskId_runId')} UNIQUE (${quote('taskId')}, ${quote('runId')})`
      }
    )${tableOptions}`,
  );
  const indexed = until162 ? ['taskId', 'takenUntil'] : ['buildrequestId', 'taskId', 'takenUntil'];
  for (const column of indexed) {
    await runner.query(`CREATE INDEX ${quote(`ix_tasks_${column}`)} ON ${quote(name)} (${quote(column)})`);
  }
}
