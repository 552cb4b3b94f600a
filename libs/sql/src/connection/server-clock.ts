import type { Dialect } from '../url/database-url.js';

/** Seconds by which the clocks may differ without a report. */
const TOLERANCE = 5;

/** Reads the server's clock in epoch seconds, whatever the time zone. A SQLite file has this machine's clock. */
const READ_CLOCK: Record<Dialect, string | undefined> = {
  mysql: 'SELECT UNIX_TIMESTAMP() AS now',
  postgres: 'SELECT EXTRACT(EPOCH FROM clock_timestamp()) AS now',
  sqlite: undefined,
};

/** Compares the clock of a database server with this machine's. */
export class ServerClock {
  /**
   * @param query runs a statement and returns its rows
   * @param now epoch seconds of this machine
   */
  constructor(
    private readonly dialect: Dialect,
    private readonly query: (sql: string) => Promise<readonly Record<string, unknown>[]>,
    private readonly now: () => number = () => Date.now() / 1000,
  ) {}

  /** By how much the clocks differ, and the remedy; undefined when they agree or the clock cannot be read. Never throws. */
  async findProblem(): Promise<string | undefined> {
    const sql = READ_CLOCK[this.dialect];
    if (sql === undefined) return undefined;
    const sent = this.now();
    const rows = await this.query(sql).catch(() => []);
    const remote = Number(rows[0]?.now ?? NaN);
    const offset = remote - (sent + this.now()) / 2;
    if (!(Math.abs(offset) > TOLERANCE)) return undefined;
    const direction = offset > 0 ? 'ahead of' : 'behind';
    return `the server's clock is ${Math.round(Math.abs(offset))} s ${direction} this machine's; synchronise both`;
  }
}
