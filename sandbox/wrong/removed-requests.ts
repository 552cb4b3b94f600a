import type { SchedulerConnection, SchedulerSchema } from '../buildbot/index.js';

/** Tables that refer to build requests and build sets, and by which column; those that refer to others first. */
const TABLES = [
  ['buildrequest_claims', 'request', 'brid'],
  ['builds', 'request', 'brid'],
  ['buildrequests', 'request', 'id'],
  ['buildset_properties', 'set', 'buildsetid'],
  ['buildsets', 'set', 'id'],
] as const;

/** The youngest build requests of a scheduler database, taken out of it with all their rows, and put back. */
export class RemovedRequests {
  private readonly tables: readonly (typeof TABLES)[number][];

  constructor(
    private readonly connection: SchedulerConnection,
    schema: SchedulerSchema,
  ) {
    // Schema 6 has its claims in the requests.
    this.tables = TABLES.filter(([table]) => schema > 6 || table !== 'buildrequest_claims');
  }

  /** @param shareKept of the requests, the oldest */
  async remove(shareKept: number): Promise<void> {
    await this.connection.transaction(async (statements) => {
      const requests = await statements.rows<{ id: number; buildsetid: number }>(
        'SELECT id, buildsetid FROM buildrequests ORDER BY id',
      );
      const last = requests[Math.floor(requests.length * shareKept) - 1];
      const limits = { request: last?.id ?? 0, set: last?.buildsetid ?? 0 };
      for (const [table, kind, column] of this.tables) {
        const younger = `${table} WHERE ${column} > ${limits[kind]}`;
        await statements.change(`CREATE TABLE removed_${table} AS SELECT * FROM ${younger}`);
        await statements.change(`DELETE FROM ${younger}`);
      }
    });
  }

  async restore(): Promise<void> {
    await this.connection.transaction(async (statements) => {
      for (const [table] of [...this.tables].reverse()) {
        await statements.change(`INSERT INTO ${table} SELECT * FROM removed_${table}`);
        await statements.change(`DROP TABLE removed_${table}`);
      }
    });
  }
}
