import { Unavailable } from '@bbb/bridge';
import type { DataSource } from 'typeorm';

/**
 * Exactly this, whatever the server's default is. Not strict, MySQL would cut values that are too long; with
 * NO_BACKSLASH_ESCAPES or ANSI_QUOTES the driver's way of escaping values would not be the server's way of reading them,
 * and a text from outside could end its quotes.
 */
const SQL_MODE = 'STRICT_ALL_TABLES';

/** The part of mysql2's pool that is used. */
interface Pool {
  on(event: 'connection', listener: (connection: PooledConnection) => void): void;
}

interface PooledConnection {
  query(sql: string, done: (error: Error | null) => void): void;
  destroy(): void;
}

/**
 * Opens a DataSource, so that every connection of it reads statements as they are meant and refuses what does not fit.
 *
 * @throws Unavailable when MySQL does not take the mode; the source is closed again
 */
export async function opened(source: DataSource): Promise<DataSource> {
  await source.initialize();
  if (source.options.type !== 'mysql') return source;
  try {
    // New connections get it before their first statement; those that opening has made get it now.
    (source.driver as unknown as { pool: Pool }).pool.on('connection', (connection) => {
      connection.query(SET_MODE, (error) => error && connection.destroy());
    });
    await source.query(SET_MODE);
    const [row] = await source.query<{ mode: string }[]>('SELECT @@SESSION.sql_mode AS mode');
    if (row?.mode === SQL_MODE) return source;
  } catch (error) {
    await source.destroy().catch(() => undefined);
    throw error;
  }
  await source.destroy().catch(() => undefined);
  throw new Unavailable('database', 'strict mode cannot be set');
}

const SET_MODE = `SET SESSION sql_mode = '${SQL_MODE}'`;
