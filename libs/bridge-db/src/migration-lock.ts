import { Unavailable } from '@bbb/rules';
import { readDriverCode, retryWhenBusy } from '@bbb/sql';
import { Logger } from '@nestjs/common';
import type { DataSource, QueryRunner } from 'typeorm';

/** Seconds to wait for somebody else's migration. */
const PATIENCE = 600;

const logger = new Logger('Migrations');

/**
 * Runs schema work so that no two processes do it at once: SQLite's write lock, PostgreSQL's and MySQL's advisory
 * locks. In SQLite and PostgreSQL the work is one transaction; MySQL's schema statements stand for themselves.
 *
 * The lock belongs to the connection that the work gets, so it ends with a process that dies.
 */
export async function withMigrationLock<T>(
  source: DataSource,
  work: (runner: QueryRunner) => Promise<T>,
): Promise<T> {
  const runner = source.createQueryRunner();
  try {
    switch (source.options.type) {
      case 'mysql':
        return await runUnderNamedLock(runner, work);
      case 'postgres':
        await runner.query('BEGIN');
        return await runInTransaction(runner, async () => {
          await runner.query("SELECT pg_advisory_xact_lock(hashtext('buildbot-bridge migrations'))");
          return work(runner);
        });
      default:
        await retryWhenBusy(() => runner.query('BEGIN IMMEDIATE'), PATIENCE);
        return await runInTransaction(runner, () => work(runner));
    }
  } finally {
    await runner.release();
  }
}

async function runInTransaction<T>(runner: QueryRunner, work: () => Promise<T>): Promise<T> {
  try {
    const result = await work();
    await runner.query('COMMIT');
    return result;
  } catch (error) {
    await runner.query('ROLLBACK').catch((failure: unknown) => {
      logger.warn(
        { reason: readDriverCode(failure) },
        'a migration could not be rolled back; the connection is gone',
      );
    });
    throw error;
  }
}

/** Names of locks count for the whole server, so the database's name is part of it; 64 characters at most. */
const LOCK_NAME = "CONCAT('bridge-migrate-', MD5(DATABASE()))";

async function runUnderNamedLock<T>(
  runner: QueryRunner,
  work: (runner: QueryRunner) => Promise<T>,
): Promise<T> {
  const locked = await takeNamedLock(runner);
  try {
    return await work(runner);
  } finally {
    if (locked) await runner.query(`SELECT RELEASE_LOCK(${LOCK_NAME})`).catch(() => undefined);
  }
}

/** False on a cluster that knows no such locks (Galera): the operator has to start one migration at a time there. */
async function takeNamedLock(runner: QueryRunner): Promise<boolean> {
  try {
    const rows = (await runner.query(`SELECT GET_LOCK(${LOCK_NAME}, ${PATIENCE}) AS granted`)) as {
      granted: unknown;
    }[];
    if (Number(rows[0]?.granted) === 1) return true;
  } catch (error) {
    if (readDriverCode(error) !== 'ER_NOT_SUPPORTED_YET') throw error;
    logger.warn('this database has no named locks; run one migration at a time');
    return false;
  }
  throw new Unavailable('bridge-db', 'another migration is still running');
}
