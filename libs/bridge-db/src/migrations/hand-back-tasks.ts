import { Invalid } from '@bbb/rules';
import type { LoggerService } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import { createOriginal, type Generation, isOurs, ORIGINAL_COLUMNS } from './original-tasks.js';
import { readOrigin } from './origin.js';
import { reportDetail } from '../migration-progress.js';
import { createSchemaDialect } from './schema-dialect.js';
import { countRows, dropTable, swapTasks } from './tables.js';

/**
 * Hands `tasks` back to the original, with all rows, in the layout it was found in; where there was none, in the
 * original's last one, so that the original can go on with the rows of a fresh installation too. Of a fresh
 * installation without rows nothing is left.
 * May be cut off anywhere and run again.
 *
 * @throws Invalid when the layout cannot hold what has to go back; nothing is changed then
 */
export async function handBackTasks(runner: QueryRunner, logger: LoggerService): Promise<void> {
  if (await isOurs(runner)) {
    const { quote } = createSchemaDialect(runner);
    if (runner.dataSource.options.type === 'postgres') {
      await runner.query(`LOCK TABLE ${quote('tasks')} IN ACCESS EXCLUSIVE MODE`);
    }
    const origin = await readOrigin(runner);
    if (origin === 'none' && (await isEmpty(runner))) await dropTable(runner, 'tasks');
    else await putBack(runner, origin === 'until-1.6.2' ? 'until-1.6.2' : 'from-1.6.3', logger);
  }
  await dropTable(runner, 'bridge_tasks_old');
  await dropTable(runner, 'tasks_superseded');
  await dropTable(runner, 'bridge_origin');
}

async function putBack(runner: QueryRunner, generation: Generation, logger: LoggerService): Promise<void> {
  if (generation === 'until-1.6.2') await refuseWhatHasNoKey(runner);
  await dropTable(runner, 'bridge_tasks_back');
  await createOriginal(runner, 'bridge_tasks_back', generation);
  await copyBack(runner, generation, logger);
  await swapTasks(runner, 'bridge_tasks_back', 'bridge_tasks_old');
}

async function isEmpty(runner: QueryRunner): Promise<boolean> {
  return (
    (await countRows(runner, `SELECT COUNT(*) AS n FROM ${createSchemaDialect(runner).quote('tasks')}`)) === 0
  );
}

/** Until 1.6.2 the build request's id was the primary key: each row needs one of its own. */
async function refuseWhatHasNoKey(runner: QueryRunner): Promise<void> {
  const { quote } = createSchemaDialect(runner);
  const key = quote('buildrequestId');
  const without = await countRows(runner, `SELECT COUNT(*) AS n FROM ${quote('tasks')} WHERE ${key} IS NULL`);
  if (without > 0) {
    throw new Invalid(
      `${without} of the tracked tasks have no build request yet, and the table of Buildbot Bridge 1.6.2 and before ` +
        'cannot hold them. Stop tc-listener, let the reflector finish or undo them, then try again. Nothing was changed.',
    );
  }
  const twice = await countRows(
    runner,
    `SELECT COUNT(*) AS n FROM (SELECT ${key} FROM ${quote('tasks')} GROUP BY ${key} HAVING COUNT(*) > 1) d`,
  );
  if (twice > 0) {
    throw new Invalid(
      `${twice} build requests belong to several tracked tasks, and the table of Buildbot Bridge 1.6.2 and before ` +
        'cannot hold that. Nothing was changed.',
    );
  }
}

/** The rows in use, then those kept aside at the take-over, unless a row in use has taken their place since. */
async function copyBack(runner: QueryRunner, generation: Generation, logger: LoggerService): Promise<void> {
  const { quote } = createSchemaDialect(runner);
  const columns = ORIGINAL_COLUMNS.map(quote).join(', ');
  const key = generation === 'until-1.6.2' ? ['buildrequestId'] : ['taskId', 'runId'];
  const same = key.map((name) => `t.${quote(name)} = s.${quote(name)}`).join(' AND ');
  const found = await countRows(runner, `SELECT COUNT(*) AS n FROM ${quote('tasks')}`);
  reportDetail(runner, `copying ${found} rows of tasks back`);
  const replaced = `EXISTS (SELECT 1 FROM ${quote('tasks')} t WHERE ${same})`;
  await runner.query(
    `INSERT INTO ${quote('bridge_tasks_back')} (${columns}) SELECT ${columns} FROM ${quote('tasks')}`,
  );
  await runner.query(
    `INSERT INTO ${quote('bridge_tasks_back')} (${columns})
     SELECT ${columns} FROM ${quote('tasks_superseded')} s WHERE NOT ${replaced}`,
  );
  const dropped = await countRows(
    runner,
    `SELECT COUNT(*) AS n FROM ${quote('tasks_superseded')} s WHERE ${replaced}`,
  );
  if (dropped > 0)
    logger.warn(
      { rows: dropped },
      'rows set aside by the migration have since been superseded; not restored',
    );
}
