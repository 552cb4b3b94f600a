import type { QueryRunner } from 'typeorm';
import { answered } from './lazy-source.js';
import type { Value } from './statement.js';

/** One connection to a database server, taken out of the pool for a while. */
export class Session {
  #spoiled = false;

  constructor(private readonly runner: QueryRunner) {}

  /** Runs SQL in the dialect's own form; the result is as the driver gives it. */
  async query<T>(sql: string, values: readonly Value[] = []): Promise<T> {
    return answered(async () => (await this.runner.query(sql, [...values])) as T);
  }

  /** Undoes what is open and gives the connection back; one that cannot be tidied up is thrown away. */
  async end(tidyUp: string): Promise<void> {
    await this.query(tidyUp).catch(() => (this.#spoiled = true));
    await this.release();
  }

  async release(): Promise<void> {
    if (!this.#spoiled) return this.runner.release();
    // A lock or transaction left on a pooled connection would be the next user's; the server drops both with it.
    const connection = (await this.runner.connect()) as {
      destroy?(): void;
      emit(event: 'error', error: Error): void;
    };
    if (connection.destroy) connection.destroy();
    else connection.emit('error', new Error('connection given up'));
  }
}
