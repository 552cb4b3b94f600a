import type { Dialect } from '../url/database-url.js';

/** Seconds by which the clocks may differ without a report. */
const TOLERANCE = 5;

/** Seconds by which a difference may vary and is still reported as before: each change of a report is logged. */
const STEADY = 2;

/** Reads the server's clock in epoch seconds, whatever the time zone. A SQLite file has this machine's clock. */
const READ_CLOCK: Record<Dialect, string | undefined> = {
  mysql: 'SELECT UNIX_TIMESTAMP() AS now',
  postgres: 'SELECT EXTRACT(EPOCH FROM clock_timestamp()) AS now',
  sqlite: undefined,
};

/** Compares the clock of a database server with this machine's. */
export class ServerClock {
  private reported: number | undefined;

  /**
   * @param query runs a statement and returns its rows
   * @param now epoch seconds of this machine
   */
  constructor(
    private readonly dialect: Dialect,
    private readonly query: (sql: string) => Promise<readonly Record<string, unknown>[]>,
    private readonly now: () => number = () => Date.now() / 1000,
  ) {}

  /**
   * By how much the clocks differ, and the remedy; undefined when they agree. While the clock cannot be read, what was found
   * before holds. Never throws.
   */
  async findProblem(): Promise<string | undefined> {
    const offset = await this.readOffset();
    if (offset !== undefined && !(Math.abs(offset - (this.reported ?? Infinity)) <= STEADY))
      this.reported = Math.abs(offset) > TOLERANCE ? offset : undefined;
    if (this.reported === undefined) return undefined;
    const direction = this.reported > 0 ? 'ahead of' : 'behind';
    return `the server's clock is ${Math.round(Math.abs(this.reported))} s ${direction} this machine's; synchronise both`;
  }

  private async readOffset(): Promise<number | undefined> {
    const sql = READ_CLOCK[this.dialect];
    if (sql === undefined) return undefined;
    const sent = this.now();
    const rows = await this.query(sql).catch(() => []);
    const offset = Number(rows[0]?.now ?? NaN) - (sent + this.now()) / 2;
    return Number.isNaN(offset) ? undefined : offset;
  }
}
