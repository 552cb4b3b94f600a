import type { DataSource } from 'typeorm';

/** The bridge database, for work on it: {@link BridgeDb}, or a connection that a command has opened. */
export interface Database {
  /** Runs one piece of work, which has to be one statement, or bear being repeated. */
  run<T>(work: (source: DataSource) => Promise<T>): Promise<T>;
}
