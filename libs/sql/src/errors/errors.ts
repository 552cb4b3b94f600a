import { isNativeError } from 'node:util/types';
import { Unavailable } from '@bbb/rules';
import { describeTlsProblem } from './tls-problem.js';
import { Unusable } from '../connection/unusable.js';

const UNIQUE = new Set(['SQLITE_CONSTRAINT_UNIQUE', 'SQLITE_CONSTRAINT_PRIMARYKEY', 'ER_DUP_ENTRY', '23505']);

/** A lock, deadlock or serialization failure: the same statement may succeed a moment later. */
const CONTENTION = new Set([
  'SQLITE_BUSY',
  'SQLITE_BUSY_SNAPSHOT',
  'SQLITE_LOCKED',
  'ER_LOCK_DEADLOCK',
  'ER_LOCK_WAIT_TIMEOUT',
  '40001',
  '40P01',
  '55P03',
]);

/** A write that is refused because the server, the session or the file is read-only. */
const READ_ONLY = new Set([
  'SQLITE_READONLY',
  'SQLITE_READONLY_DIRECTORY',
  'ER_OPTION_PREVENTS_STATEMENT',
  'ER_READ_ONLY_MODE',
  'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION',
  '25006',
]);

/** A write that fails because there is no room for it. */
const FULL = new Set(['SQLITE_FULL', 'ER_DISK_FULL', 'ER_RECORD_FILE_FULL', '53100', 'ENOSPC', 'EDQUOT']);

const FULL_REMEDY = 'the database, or the disk that it is on, is full; make room there';
const READ_ONLY_REMEDY = 'the server is read-only; name a server that takes writes';

/** Errors of the bridge itself, which are passed through. */
const DECIDED = new Set(['Unavailable', 'Refused', 'Invalid']);

/** Error codes about the statement or its data, not about an unavailable database. */
const OUR_CODES = new Set([
  'ER_PARSE_ERROR',
  'ER_BAD_FIELD_ERROR',
  'ER_NO_SUCH_TABLE',
  'ER_DATA_TOO_LONG',
  'ER_NO_DEFAULT_FOR_FIELD',
  'ER_BAD_NULL_ERROR',
  'ER_INVALID_CHARACTER_STRING',
  'ER_CANNOT_CONVERT_STRING',
  'ER_IMPOSSIBLE_STRING_CONVERSION',
  'SQLITE_ERROR',
  'SQLITE_MISMATCH',
  'SQLITE_RANGE',
]);

/** Prefixes of such codes; PostgreSQL's are error classes. */
const OUR_CODE =
  /^(?:ER_TRUNCATED_WRONG_VALUE|ER_WRONG_VALUE|ER_NO_REFERENCED_ROW|ER_ROW_IS_REFERENCED|SQLITE_CONSTRAINT|(?:22|23|42)...$)/;

const CONNECTIONS_REMEDY =
  'the server has no connection left; raise its limit, or lower bbb_db_pool and scheduler_db_pool';

/** Texts for an operator, by the driver's code. */
const REMEDIES: Record<string, string> = {
  ECONNREFUSED: 'no server answers there; check host and port',
  ENOTFOUND: 'the host does not exist',
  ENOENT: 'the file does not exist',
  EACCES: 'this account may not use the file',
  ER_ACCESS_DENIED_ERROR: 'user or password rejected',
  ER_ACCESS_DENIED_NO_PASSWORD_ERROR: 'user or password rejected',
  AUTH_SWITCH_PLUGIN_ERROR:
    'unsupported MySQL authentication plugin; use mysql_native_password or caching_sha2_password',
  ER_DBACCESS_DENIED_ERROR: 'the user may not use this database',
  ER_BAD_DB_ERROR: 'the database does not exist',
  ER_OPTION_PREVENTS_STATEMENT: READ_ONLY_REMEDY,
  ER_READ_ONLY_MODE: READ_ONLY_REMEDY,
  ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION: READ_ONLY_REMEDY,
  SQLITE_READONLY: 'the file, its folder or its file system is read-only',
  SQLITE_READONLY_DIRECTORY: 'the folder of the file is read-only',
  EROFS: 'the file system is read-only',
  SQLITE_FULL: FULL_REMEDY,
  ER_DISK_FULL: FULL_REMEDY,
  ER_RECORD_FILE_FULL: FULL_REMEDY,
  '53100': FULL_REMEDY,
  '53300': CONNECTIONS_REMEDY,
  ER_CON_COUNT_ERROR: CONNECTIONS_REMEDY,
  ER_TOO_MANY_USER_CONNECTIONS: CONNECTIONS_REMEDY,
  ER_USER_LIMIT_REACHED: CONNECTIONS_REMEDY,
  SQLITE_NOTADB: 'the file is not a SQLite database',
  SQLITE_CANTOPEN: 'the file cannot be opened',
  '25006': READ_ONLY_REMEDY,
  '28P01': 'user or password rejected',
  '28000': 'user or password rejected',
  '3D000': 'the database does not exist',
};

/** The driver's own code of an error that TypeORM or a driver threw. */
export function readDriverCode(error: unknown): string | undefined {
  const candidate = error as { driverError?: { code?: unknown }; code?: unknown } | undefined;
  const code = candidate?.driverError?.code ?? candidate?.code;
  return typeof code === 'string' ? code : undefined;
}

export function isUniqueViolation(error: unknown): boolean {
  return UNIQUE.has(readDriverCode(error) ?? '');
}

export function isContention(error: unknown): boolean {
  return CONTENTION.has(readDriverCode(error) ?? '');
}

export function isReadOnly(error: unknown): boolean {
  return READ_ONLY.has(readDriverCode(error) ?? '');
}

export function isFull(error: unknown): boolean {
  return FULL.has(readDriverCode(error) ?? '');
}

/**
 * Runs database work and translates the driver's errors: an unavailable, locked or overloaded database becomes
 * {@link Unavailable}; a unique violation and mistakes of the bridge are passed through.
 */
export async function translateErrors<T>(system: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // Not instanceof alone: an error of Node.js may come from another realm, as under Jest. libsql's are not native.
    if (!(isNativeError(error) || error instanceof Error) || DECIDED.has(error.name)) throw error;
    if (error instanceof Unusable) throw new Unavailable(system, error.message, { cause: error });
    const code = readDriverCode(error);
    if (code !== undefined && (OUR_CODES.has(code) || OUR_CODE.test(code) || UNIQUE.has(code))) throw error;
    if (code === undefined && (error instanceof TypeError || error instanceof RangeError)) throw error;
    throw new Unavailable(system, describeTlsProblem(error) ?? describeCode(code ?? error.name), {
      cause: error,
    });
  }
}

function describeCode(code: string): string {
  const remedy = Object.hasOwn(REMEDIES, code) ? REMEDIES[code] : undefined;
  return remedy === undefined ? code : `${remedy} (${code})`;
}
