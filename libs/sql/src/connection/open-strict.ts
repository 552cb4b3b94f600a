import type { DataSource } from 'typeorm';
import { readDriverCode } from '../errors/errors.js';
import { NotStrict } from './not-strict.js';
import { checkFile, makePrivateFile, UnusableFile } from './unusable-file.js';

/**
 * The exact mode of every connection, independent of the server's default. Without strict mode MySQL would truncate values
 * that are too long; with NO_BACKSLASH_ESCAPES or ANSI_QUOTES the server would not read escaped values as the driver
 * writes them, and a text from outside could end its quotes.
 */
const SQL_MODE = 'STRICT_ALL_TABLES';

const SET_MODE = `SET SESSION sql_mode = '${SQL_MODE}'`;
const GET_MODE = 'SELECT @@SESSION.sql_mode AS mode';

/** Error codes of a server that does not allow its mode to be set. Any other error may be temporary. */
const REFUSALS = new Set([
  'ER_WRONG_VALUE_FOR_VAR',
  'ER_UNKNOWN_SYSTEM_VARIABLE',
  'ER_INCORRECT_GLOBAL_LOCAL_VAR',
  'ER_GLOBAL_VARIABLE',
  'ER_SPECIFIC_ACCESS_DENIED_ERROR',
  'ER_NOT_SUPPORTED_YET',
  'ER_PARSE_ERROR',
]);

/** Maximum seconds for the server to answer the queries about its mode. */
const PATIENCE = 10;

/** The part of mysql2's pool that is used. */
interface Pool {
  getConnection(done: (error: Error | null, connection?: PooledConnection) => void): void;
}

interface PooledConnection {
  query(sql: string, done: (error: (Error & { code?: string }) | null, rows?: unknown) => void): void;
  destroy(): void;
}

/**
 * Opens a DataSource whose every connection is in strict mode.
 *
 * @throws NotStrict when MySQL answers but does not accept the mode; the source is closed again
 * @throws UnusableFile when a SQLite file or its folder is missing, or the file is not a database; nothing is created
 */
export async function openStrict(source: DataSource): Promise<DataSource> {
  if (source.options.type === 'better-sqlite3') return openSqliteFile(source, source.options);
  await source.initialize();
  if (source.options.type !== 'mysql') return source;
  makePoolStrict((source.driver as unknown as { pool: Pool }).pool);
  try {
    const runner = source.createQueryRunner();
    await runner.connect();
    await runner.release();
    return source;
  } catch (error) {
    await source.destroy().catch(() => undefined);
    throw error;
  }
}

async function openSqliteFile(
  source: DataSource,
  { database: file, fileMustExist = false }: { database: string; fileMustExist?: boolean },
): Promise<DataSource> {
  await checkFile(file, fileMustExist);
  // SQLite gives the files next to it the same rights.
  if (!fileMustExist) await makePrivateFile(file);
  try {
    await source.initialize();
    // Whether the file is a database shows only when it is read.
    await source.query('PRAGMA schema_version');
    return source;
  } catch (error) {
    if (source.isInitialized) await source.destroy().catch(() => undefined);
    if (readDriverCode(error) !== 'SQLITE_NOTADB') throw error;
    const message = `${file} is no SQLite database; correct the path in the URL, or put the database back`;
    throw new UnusableFile(message, { cause: error });
  }
}

/**
 * Makes the pool hand out only connections that are known to be strict. If the mode were only set on new connections, the
 * first statement could run before the server's answer arrives.
 */
function makePoolStrict(pool: Pool): void {
  const strict = new WeakSet<PooledConnection>();
  const take = pool.getConnection.bind(pool);
  pool.getConnection = (done) =>
    take((error, connection) => {
      if (error || !connection || strict.has(connection)) return done(error, connection);
      makeConnectionStrict(connection).then(
        () => {
          strict.add(connection);
          done(null, connection);
        },
        (problem: Error) => {
          connection.destroy();
          done(problem);
        },
      );
    });
}

/** Sets one connection to strict mode, or rejects. */
function makeConnectionStrict(connection: PooledConnection): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = Object.assign(new Error('no answer from the database in time'), { code: 'ETIMEDOUT' });
    const timer = setTimeout(() => reject(late), PATIENCE * 1000);
    const end = (problem?: Error) => {
      clearTimeout(timer);
      if (problem) reject(problem);
      else resolve();
    };
    connection.query(SET_MODE, (error) => {
      if (error) {
        const { code = '' } = error;
        return end(REFUSALS.has(code) ? new NotStrict(`it answers ${code}`, { cause: error }) : error);
      }
      connection.query(GET_MODE, (failure, rows) => {
        if (failure) return end(failure);
        const mode = (rows as { mode: unknown }[])[0]?.mode;
        end(mode === SQL_MODE ? undefined : new NotStrict(`it stays at "${String(mode)}"`));
      });
    });
  });
}
