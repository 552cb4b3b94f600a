import { statSync } from 'node:fs';
import type { DataSource } from 'typeorm';

/**
 * The SQLite file that a connection has open. Its name may come to mean another file, or none: what is written then is
 * lost with the connection.
 */
export class SqliteFile {
  private readonly identity: string | undefined;

  private constructor(readonly name: string) {
    this.identity = readIdentity(name);
  }

  /** The file of a connection that was just opened; undefined for a server's. */
  static of(source: DataSource): SqliteFile | undefined {
    return source.options.type === 'better-sqlite3' ? new SqliteFile(source.options.database) : undefined;
  }

  /** Whether the name still means the file that was opened. One call of the system, so that it costs next to nothing. */
  isInPlace(): boolean {
    return readIdentity(this.name) === this.identity;
  }
}

/** Device and inode; undefined where there is no file. */
function readIdentity(name: string): string | undefined {
  const found = statSync(name, { throwIfNoEntry: false });
  return found && `${found.dev}:${found.ino}`;
}
