import { createDatabase, type TestDatabase } from '../databases.js';

export type MasterDatabaseKind = 'sqlite' | 'postgres' | 'mysql';

/** A database for one master, and its address as master.cfg wants it. */
export interface MasterDatabase {
  url: string;
  drop(): Promise<void>;
}

export async function createMasterDatabase(kind: MasterDatabaseKind): Promise<MasterDatabase> {
  // SQLite's file is in the folder of the master.
  if (kind === 'sqlite') return { url: 'sqlite:///state.sqlite', drop: async () => {} };
  const database: TestDatabase = await createDatabase(kind);
  return { url: withDriver(kind, database.url), drop: () => database.drop() };
}

function withDriver(kind: 'postgres' | 'mysql', url: string): string {
  const parsed = new URL(url);
  const account = parsed.username + (parsed.password && `:${parsed.password}`);
  const [driver, options] =
    kind === 'postgres' ? ['postgresql+psycopg2', ''] : ['mysql+mysqldb', '?max_idle=300'];
  return `${driver}://${account}@${parsed.host}${parsed.pathname}${options}`;
}
