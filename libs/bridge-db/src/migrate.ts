import { Invalid } from '@bbb/rules';
import { type DataSource, MigrationExecutor, type QueryRunner } from 'typeorm';
import { withMigrationLock } from './migration-lock.js';
import { reportMigration, reportNothing, type ReportStep } from './migration-progress.js';
import type { BridgeMigration } from './migrations/bridge-migration.js';
import { refuseForeignTables } from './migrations/foreign-tables.js';
import {
  type DoneMigration,
  MIGRATIONS_TABLE,
  readHistory,
  recordVersion,
  refuseNewer,
} from './migrations/history.js';
import { isOurs } from './migrations/original-tasks.js';
import { dropTable } from './migrations/tables.js';
import { TakeOverTasks1795000000001 } from './migrations/take-over-tasks.js';
import { compareVersions } from './migrations/versions.js';

/** The database's schema is older than this program. The message names the command that helps. */
export class MigrationsPending extends Error {
  override readonly name = 'MigrationsPending';

  constructor(readonly migrations: readonly string[]) {
    super(
      `the bridge database needs ${migrations.length} migration(s): run \`buildbot-bridge migrate\` ` +
        '(in a checkout: `npm run migrate`)',
    );
  }
}

/** One migration, and whether this database has it. */
export interface MigrationState extends DoneMigration {
  done: boolean;
  /** Whether it is of a newer version of the program than this one. */
  unknown?: true;
}

/** Only reads. Migrations that only a newer version of the program knows come last. */
export async function listMigrationStates(source: DataSource): Promise<MigrationState[]> {
  return withRunner(source, async (runner) => {
    const history = await readHistory(runner);
    const known = listNames(source);
    const states = await readStates(runner, history);
    const newer = history.filter(({ name }) => !known.has(name));
    return [...states, ...newer.map((row) => ({ ...row, done: true, unknown: true as const }))];
  });
}

/**
 * What has to be run before the database can be used, as the error to say so; undefined when it is up to date.
 * Migrations of a newer version are none of its business: a service that runs may go on while others are upgraded.
 *
 * @throws Invalid when the database is not the bridge's, so that nobody is told to migrate it
 */
export async function findPendingMigrations(source: DataSource): Promise<MigrationsPending | undefined> {
  return withRunner(source, async (runner) => {
    const states = await readStates(runner, await readHistory(runner));
    const pending = states.filter(({ done }) => !done);
    if (pending.length === 0) return undefined;
    await refuseForeignTables(runner);
    return new MigrationsPending(pending.map(({ name }) => name));
  });
}

/**
 * Before a database is used from now on.
 *
 * @throws Invalid when a newer version of the program has migrated it
 */
export async function refuseNewerSchema(source: DataSource): Promise<void> {
  await withRunner(source, async (runner) => refuseNewer(await readHistory(runner), listNames(source)));
}

/**
 * Runs what is pending, one process at a time; a reversion that was cut off is finished first.
 *
 * @param version of this program, to be written down beside what it ran
 * @param report is told what is under way
 * @returns the names of what this call ran
 * @throws Invalid when the database holds tables that are neither ours nor the Python bridge's, or a newer version has
 *   migrated it
 */
export async function migrateUp(
  source: DataSource,
  version?: string,
  report: ReportStep = reportNothing,
): Promise<string[]> {
  return lockMigrations(source, report, async (runner) => {
    const history = await readHistory(runner);
    refuseNewer(history, listNames(source));
    if ((await readStates(runner, history)).some(({ done }) => !done)) await refuseForeignTables(runner);
    if (await isHalfReverted(runner, history)) await createExecutor(source, runner).undoLastMigration();
    const executor = createExecutor(source, runner);
    const pending = await executor.getPendingMigrations();
    const ran: string[] = [];
    for (const migration of pending) {
      const what = `migrating ${migration.name}`;
      reportMigration(runner, report, { what, done: ran.length, total: pending.length });
      await executor.executeMigration(migration);
      ran.push(migration.name);
    }
    if (version !== undefined) await recordVersion(runner, ran, version);
    return ran;
  });
}

/**
 * Reverts everything, newest first: the database is the original bridge's again, with its rows, or empty.
 *
 * @param report is told what is under way
 * @returns the names of what was reverted
 * @throws Invalid when the original's table cannot hold the rows; nothing is changed then
 */
export async function migrateDown(source: DataSource, report: ReportStep = reportNothing): Promise<string[]> {
  return lockMigrations(source, report, async (runner) => {
    const reverted = await revertWhile(source, runner, () => true, report);
    await dropTable(runner, MIGRATIONS_TABLE);
    return reverted;
  });
}

/**
 * Reverts what an earlier version of this program does not know, so that it can be installed again.
 *
 * @param version such as `3.0.0`
 * @param report is told what is under way
 * @returns the names of what was reverted
 * @throws Invalid when it is no version, or earlier than the first
 */
export async function migrateTo(
  source: DataSource,
  version: string,
  report: ReportStep = reportNothing,
): Promise<string[]> {
  const sinceOf = new Map(listMigrations(source).map(({ name, since }) => [name, since]));
  const [first] = [...sinceOf.values()].sort(compareVersions);
  if (compareVersions(version, first!) < 0)
    throw new Invalid(
      `there is no version before ${first} to go back to but the Python bridge: \`buildbot-bridge migrate --down\``,
    );
  return lockMigrations(source, report, (runner) =>
    revertWhile(source, runner, (name) => compareVersions(sinceOf.get(name)!, version) > 0, report),
  );
}

/** Reports that it waits, because another process may be migrating. */
function lockMigrations<T>(
  source: DataSource,
  report: ReportStep,
  work: (runner: QueryRunner) => Promise<T>,
): Promise<T> {
  report({ what: 'waiting for other migrations to end', done: 0, total: listMigrations(source).length });
  return withMigrationLock(source, work);
}

/** Reverts the newest migration as long as it is one of these. */
async function revertWhile(
  source: DataSource,
  runner: QueryRunner,
  isOne: (name: string) => boolean,
  report: ReportStep,
): Promise<string[]> {
  const reverted: string[] = [];
  let history = await readHistory(runner);
  refuseNewer(history, listNames(source));
  const total = history.filter(({ name }) => isOne(name)).length;
  while (history.length > 0 && isOne(findNewest(source, history))) {
    const what = `reverting ${findNewest(source, history)}`;
    reportMigration(runner, report, { what, done: reverted.length, total });
    await createExecutor(source, runner).undoLastMigration();
    const left = await readHistory(runner);
    const names = new Set(left.map(({ name }) => name));
    reverted.push(...history.map(({ name }) => name).filter((name) => !names.has(name)));
    history = left;
  }
  return reverted;
}

/** The one that TypeORM would undo. */
function findNewest(source: DataSource, history: readonly DoneMigration[]): string {
  const done = new Set(history.map(({ name }) => name));
  return listMigrations(source).findLast(({ name }) => done.has(name))!.name;
}

async function readStates(runner: QueryRunner, history: readonly DoneMigration[]): Promise<MigrationState[]> {
  const done = new Map(history.map((row) => [row.name, row]));
  if (await isHalfReverted(runner, history)) done.delete(TakeOverTasks1795000000001.name);
  return listMigrations(runner.dataSource).map(({ name }) => ({
    name,
    ...done.get(name),
    done: done.has(name),
  }));
}

async function withRunner<T>(source: DataSource, work: (runner: QueryRunner) => Promise<T>): Promise<T> {
  const runner = source.createQueryRunner();
  try {
    return await work(runner);
  } finally {
    await runner.release();
  }
}

/** In the order in which they are run. */
function listMigrations(source: DataSource): BridgeMigration[] {
  return source.migrations as BridgeMigration[];
}

function listNames(source: DataSource): ReadonlySet<string> {
  return new Set(listMigrations(source).map(({ name }) => name));
}

/** The lock brings the transaction where there is one. */
function createExecutor(source: DataSource, runner: QueryRunner): MigrationExecutor {
  const result = new MigrationExecutor(source, runner);
  result.transaction = 'none';
  return result;
}

/** In MySQL a reversion may be cut off between handing the table back and writing that down. */
async function isHalfReverted(runner: QueryRunner, history: readonly DoneMigration[]): Promise<boolean> {
  return history.some(({ name }) => name === TakeOverTasks1795000000001.name) && !(await isOurs(runner));
}
