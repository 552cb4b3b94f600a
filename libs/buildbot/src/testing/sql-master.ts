import type { BuildRef } from '@bbb/bridge';
import { whenNotBusy } from '@bbb/sql';
import type { DataSource } from 'typeorm';
import type { MasterSide } from './buildbot-contract.js';

const ME = 'bm73.example.com:/builds/buildbot/build1/master';

/** Which claims the schema has: columns of `buildrequests` (schema 6) or `buildrequest_claims` (schema 24). */
export type SchedulerVersion = 6 | 24;

/**
 * The least of a Buildbot 0.8 master: what it writes into its scheduler database, in its order. On SQLite times have
 * fractions, as a master writes them.
 */
export class SqlMaster implements MasterSide {
  private now = 1494586100.25;

  constructor(
    private readonly rows: DataSource,
    private readonly version: SchedulerVersion,
  ) {}

  async claim(requestId: number): Promise<void> {
    const now = this.tick();
    if (this.version === 6) {
      await this.run(
        `UPDATE buildrequests SET claimed_at = ${now}, claimed_by_name = '${ME}', ` +
          `claimed_by_incarnation = 'pid1-boot1' WHERE id = ${requestId}`,
      );
      return;
    }
    await this.run(`DELETE FROM buildrequest_claims WHERE brid = ${requestId}`);
    const [me] = await this.run<{ id: number }>(`SELECT id FROM objects WHERE name = '${ME}'`);
    if (!me)
      await this.run(
        `INSERT INTO objects (name, class_name) VALUES ('${ME}', 'buildbot.master.BuildMaster')`,
      );
    await this.run(
      'INSERT INTO buildrequest_claims (brid, objectid, claimed_at) ' +
        `SELECT ${requestId}, id, ${now} FROM objects WHERE name = '${ME}'`,
    );
  }

  async start(requestId: number): Promise<BuildRef> {
    await this.claim(requestId);
    const [last] = await this.run<{ number: number | null }>('SELECT MAX(number) AS number FROM builds');
    return this.insertBuild(requestId, Number(last?.number ?? 0) + 1);
  }

  async end(requestId: number): Promise<void> {
    const newest = await this.newest(requestId);
    await this.run(`UPDATE builds SET finish_time = ${this.tick()} WHERE id = ${newest.buildId}`);
  }

  async finish(requestId: number, results: number): Promise<void> {
    await this.end(requestId);
    await this.complete(requestId, results);
  }

  async retry(requestId: number): Promise<void> {
    await this.end(requestId);
    await this.release(requestId);
  }

  async crashAndRestart(requestId: number): Promise<BuildRef> {
    const { number } = await this.newest(requestId);
    await this.claim(requestId);
    return this.insertBuild(requestId, number);
  }

  async crashAndRelease(requestId: number): Promise<void> {
    await this.release(requestId);
  }

  async cancel(requestId: number): Promise<void> {
    // From schema 11 on a master completes only what it has claimed.
    if (this.version === 24) await this.claim(requestId);
    await this.complete(requestId, 2);
  }

  async remove(requestId: number): Promise<void> {
    if (this.version === 24) await this.run(`DELETE FROM buildrequest_claims WHERE brid = ${requestId}`);
    await this.run(`DELETE FROM builds WHERE brid = ${requestId}`);
    await this.run(`DELETE FROM buildrequests WHERE id = ${requestId}`);
  }

  async free(): Promise<number[]> {
    const rows = await this.run<{ id: number }>(
      this.version === 6
        ? `SELECT id FROM buildrequests WHERE complete = 0 AND claimed_at < ${this.now - 3600} ORDER BY id`
        : 'SELECT br.id AS id FROM buildrequests br LEFT JOIN buildrequest_claims c ON c.brid = br.id ' +
            'WHERE br.complete = 0 AND c.brid IS NULL ORDER BY br.id',
    );
    return rows.map(({ id }) => Number(id));
  }

  /** Marks a request complete and touches nothing else, as Self Serve's agent does. */
  async complete(requestId: number, results: number): Promise<void> {
    await this.run(
      `UPDATE buildrequests SET complete = 1, results = ${results}, complete_at = ${this.tick()} WHERE id = ${requestId}`,
    );
  }

  private async release(requestId: number): Promise<void> {
    await this.run(
      this.version === 6
        ? 'UPDATE buildrequests SET claimed_at = 0, claimed_by_name = NULL, claimed_by_incarnation = NULL ' +
            `WHERE id = ${requestId}`
        : `DELETE FROM buildrequest_claims WHERE brid = ${requestId}`,
    );
  }

  private async insertBuild(requestId: number, number: number): Promise<BuildRef> {
    await this.run(
      `INSERT INTO builds (number, brid, start_time) VALUES (${number}, ${requestId}, ${this.tick()})`,
    );
    return this.newest(requestId);
  }

  private async newest(requestId: number): Promise<BuildRef> {
    const [row] = await this.run<BuildRef>(
      `SELECT id AS "buildId", number AS "number" FROM builds WHERE brid = ${requestId} ORDER BY id DESC LIMIT 1`.replaceAll(
        '"',
        this.rows.options.type === 'mysql' ? '`' : '"',
      ),
    );
    if (!row) throw new Error(`request ${requestId} has no build`);
    return { buildId: Number(row.buildId), number: Number(row.number) };
  }

  private run<T>(sql: string): Promise<T[]> {
    return whenNotBusy(() => this.rows.query<T[]>(sql));
  }

  private tick(): number {
    this.now += 7;
    return this.now;
  }
}
