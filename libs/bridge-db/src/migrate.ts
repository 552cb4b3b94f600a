import { type DataSource, MigrationExecutor, type QueryRunner } from 'typeorm';
import { MIGRATIONS, MIGRATIONS_TABLE } from './data-source.js';
import { withMigrationLock } from './migration-lock.js';
import { refuseForeignTables } from './migrations/foreign-tables.js';
import { isOurs } from './migrations/original-tasks.js';
import { dropTable } from './migrations/tables.js';
import { TakeOverTasks1795000000001 } from './migrations/take-over-tasks.js';

/** The database's schema is older than this program. The message names the command that helps. */
export class MigrationsPending extends Error {
  override readonly name = 'MigrationsPending';

  constructor(readonly migrations: readonly string[]) {
    super(
      `the bridge's database needs ${migrations.length} migration(s): run \`buildbot-bridge migrate\` ` +
        '(in a checkout: `npm run migrate`)',
    );
  }
}

/** One migration, and whether this database has it. */
export interface MigrationState {
  name: string;
  done: boolean;
}

/** Looks only; makes nothing. Migrations of a newer version than this one are left out of account. */
export async function migrationStates(source: DataSource): Promise<MigrationState[]> {
  return withRunner(source, readStates);
}

/**
 * What has to be run before the database can be used, as the error to say so; undefined when it is up to date.
 *
 * @throws Invalid when the database is not the bridge's, so that nobody is told to migrate it
 */
export async function pendingMigrations(source: DataSource): Promise<MigrationsPending | undefined> {
  return withRunner(source, async (runner) => {
    const pending = (await readStates(runner)).filter(({ done }) => !done);
    if (pending.length === 0) return undefined;
    await refuseForeignTables(runner);
    return new MigrationsPending(pending.map(({ name }) => name));
  });
}

async function readStates(runner: QueryRunner): Promise<MigrationState[]> {
  const done = await executed(runner);
  if (await isHalfReverted(runner, done)) done.delete(TakeOverTasks1795000000001.name);
  return MIGRATIONS.map(({ name }) => ({ name, done: done.has(name) }));
}

async function withRunner<T>(source: DataSource, work: (runner: QueryRunner) => Promise<T>): Promise<T> {
  const runner = source.createQueryRunner();
  try {
    return await work(runner);
  } finally {
    await runner.release();
  }
}

/**
 * Runs what is pending, one process at a time; a way back that was cut off is finished first.
 *
 * @returns the names of what this call ran
 * @throws Invalid when the database holds tables that are neither ours nor the Python bridge's
 */
export async function migrateUp(source: DataSource): Promise<string[]> {
  return withMigrationLock(source, async (runner) => {
    if ((await readStates(runner)).some(({ done }) => !done)) await refuseForeignTables(runner);
    if (await isHalfReverted(runner, await executed(runner))) {
      await executor(source, runner).undoLastMigration();
    }
    const ran = await executor(source, runner).executePendingMigrations();
    return ran.map(({ name }) => name);
  });
}

/**
 * Reverts everything, newest first: the database is the original bridge's again, with its rows.
 *
 * @returns the names of what was reverted
 * @throws Invalid when the original's table cannot hold the rows; nothing is changed then
 */
export async function migrateDown(source: DataSource): Promise<string[]> {
  return withMigrationLock(source, async (runner) => {
    const reverted: string[] = [];
    for (let done = await executed(runner); done.size > 0;) {
      await executor(source, runner).undoLastMigration();
      const left = await executed(runner);
      reverted.push(...[...done].filter((name) => !left.has(name)));
      done = left;
    }
    await dropTable(runner, MIGRATIONS_TABLE);
    return reverted;
  });
}

/** The lock brings the transaction where there is one. */
function executor(source: DataSource, runner: QueryRunner): MigrationExecutor {
  const result = new MigrationExecutor(source, runner);
  result.transaction = 'none';
  return result;
}

/** In MySQL a way back may be cut off between handing the table back and writing that down. */
async function isHalfReverted(runner: QueryRunner, done: ReadonlySet<string>): Promise<boolean> {
  return done.has(TakeOverTasks1795000000001.name) && !(await isOurs(runner));
}

/** In the order in which they were run. */
async function executed(runner: QueryRunner): Promise<Set<string>> {
  if (!(await runner.hasTable(MIGRATIONS_TABLE))) return new Set();
  const table = runner.dataSource.driver.escape(MIGRATIONS_TABLE);
  const rows = (await runner.query(`SELECT name FROM ${table} ORDER BY id`)) as { name: string }[];
  return new Set(rows.map(({ name }) => name));
}
