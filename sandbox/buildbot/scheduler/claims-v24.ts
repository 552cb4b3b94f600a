import { isUniqueViolation } from '@bbb/sql';
import { CLAIM_LIFETIME, type Claims, type MasterIdentity } from './claims.js';
import { epoch, places, type Statements } from './connection.js';

const MASTER_CLASS = 'buildbot.master.BuildMaster';

/** Buildbot 0.8.5 and later: one row per claim, which a unique key keeps single. Priority is ignored. */
export class ClaimsInRows implements Claims {
  /** @param lifetime seconds */
  constructor(private readonly lifetime = CLAIM_LIFETIME) {}

  unclaimed(statements: Statements, buildername: string) {
    return statements.rows<{ id: number }>(
      `SELECT br.id AS id FROM buildrequests br LEFT JOIN buildrequest_claims c ON c.brid = br.id
        WHERE br.buildername = ? AND br.complete = 0 AND c.claimed_at IS NULL
        ORDER BY br.submitted_at ASC, br.id ASC`,
      [buildername],
    );
  }

  async claim(statements: Statements, brids: readonly number[], master: MasterIdentity, now: number) {
    const objectid = await objectId(statements, master.name);
    const claimed_at = epoch(statements.dialect, now);
    for (const brid of brids) await statements.insert('buildrequest_claims', { brid, objectid, claimed_at });
  }

  async reclaim(statements: Statements, brids: readonly number[], master: MasterIdentity, now: number) {
    await statements.change(
      `UPDATE buildrequest_claims SET claimed_at = ? WHERE objectid = ? AND brid IN (${places(brids)})`,
      [epoch(statements.dialect, now), await objectId(statements, master.name), ...brids],
    );
  }

  async unclaim(statements: Statements, brids: readonly number[]) {
    await statements.change(`DELETE FROM buildrequest_claims WHERE brid IN (${places(brids)})`, brids);
  }

  async complete(statements: Statements, brids: readonly number[], results: number, now: number) {
    await statements.change(
      `UPDATE buildrequests SET complete = 1, results = ?, complete_at = ?
        WHERE complete <> 1 AND id IN (${places(brids)})`,
      [results, epoch(statements.dialect, now), ...brids],
    );
  }

  async cancel(statements: Statements, brid: number, master: MasterIdentity, now: number) {
    const open = await statements.rows<{ id: number }>(
      `SELECT br.id AS id FROM buildrequests br LEFT JOIN buildrequest_claims c ON c.brid = br.id
        WHERE br.id = ? AND br.complete = 0 AND c.claimed_at IS NULL`,
      [brid],
    );
    if (open.length === 0) return false;
    await this.claim(statements, [brid], master, now);
    await this.complete(statements, [brid], 2, now);
    return true;
  }

  async expire(statements: Statements, now: number) {
    await statements.change(
      `DELETE FROM buildrequest_claims WHERE claimed_at < ?
        AND brid IN (SELECT id FROM buildrequests WHERE complete = 0)`,
      [epoch(statements.dialect, now - this.lifetime)],
    );
  }
}

/** The row that stands for a master; another process of it may have written the row. */
async function objectId(statements: Statements, name: string): Promise<number> {
  const find = async () =>
    (
      await statements.rows<{ id: number }>('SELECT id FROM objects WHERE name = ? AND class_name = ?', [
        name,
        MASTER_CLASS,
      ])
    )[0]?.id;
  const known = await find();
  if (known !== undefined) return known;
  try {
    return await statements.insert('objects', { name, class_name: MASTER_CLASS });
  } catch (error) {
    const written = isUniqueViolation(error) ? await find() : undefined;
    if (written === undefined) throw error;
    return written;
  }
}
