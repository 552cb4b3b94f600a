import { discardConnection } from '@bbb/sql';
import type { QueryRunner } from 'typeorm';
import { translateDriverErrors } from './driver-errors.js';
import type { Value } from './sql.js';

/** One connection to a database server, taken out of the pool for a while. */
export class HeldConnection {
  constructor(private readonly runner: QueryRunner) {}

  /** Runs SQL in the dialect's own form; the result is as the driver gives it. */
  async query<T>(sql: string, values: readonly Value[] = []): Promise<T> {
    return translateDriverErrors(async () => (await this.runner.query(sql, [...values])) as T);
  }

  /** Undoes what is open and gives the connection back; one that cannot be tidied up is thrown away. */
  async end(tidyUp: string): Promise<void> {
    // A lock or transaction left on a pooled connection would be the next user's.
    await this.query(tidyUp).catch(() => discardConnection(this.runner));
    await this.release();
  }

  release(): Promise<void> {
    return this.runner.release();
  }
}
