import type { QueryRunner } from 'typeorm';
import { answered } from './answered.js';
import type { Value } from './statement.js';

/** One connection to a database server, taken out of the pool for a while. */
export class Session {
  #spoiled = false;

  /** @param patience seconds to wait for an answer, the time that the server waits for a lock included */
  constructor(
    private readonly runner: QueryRunner,
    private readonly patience: number,
  ) {}

  /** Runs SQL in the dialect's own form; the result is as the driver gives it. */
  async query<T>(sql: string, values: readonly Value[] = []): Promise<T> {
    return answered(async () => (await this.inTime(this.runner.query(sql, [...values]))) as T);
  }

  /** Undoes what is open and gives the connection back; one that cannot be tidied up is thrown away. */
  async end(tidyUp: string): Promise<void> {
    if (!this.#spoiled) await this.query(tidyUp).catch(() => (this.#spoiled = true));
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

  /** The drivers' own limits leave timers behind when a connection is lost. */
  private async inTime<T>(answer: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.#spoiled = true;
        reject(Object.assign(new Error('the database does not answer'), { code: 'ETIMEDOUT' }));
      }, this.patience * 1000);
    });
    try {
      return await Promise.race([answer, tooLate]);
    } finally {
      clearTimeout(timer);
    }
  }
}
