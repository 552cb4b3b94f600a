import { CLAIM_LIFETIME, type Claims, type MasterIdentity } from './claims.js';
import { epoch, places, type Statements } from './connection.js';

/** Buildbot 0.8.2: three columns of buildrequests, written without a look at who holds the claim. */
export class ClaimsInRequests implements Claims {
  /** @param lifetime seconds */
  constructor(private readonly lifetime = CLAIM_LIFETIME) {}

  unclaimed(statements: Statements, buildername: string, master: MasterIdentity, now: number) {
    // The tie-break is the buildset's submitted_at. A NULL in claimed_at is never found.
    return statements.rows<{ id: number }>(
      `SELECT br.id AS id FROM buildrequests br JOIN buildsets bs ON bs.id = br.buildsetid
        WHERE br.buildername = ? AND br.complete = 0
          AND (br.claimed_at < ? OR (br.claimed_by_name = ? AND br.claimed_by_incarnation <> ?))
        ORDER BY br.priority DESC, bs.submitted_at ASC, br.id ASC`,
      [buildername, epoch(statements.dialect, now - this.lifetime), master.name, master.incarnation],
    );
  }

  async claim(statements: Statements, brids: readonly number[], master: MasterIdentity, now: number) {
    await statements.change(
      `UPDATE buildrequests SET claimed_at = ?, claimed_by_name = ?, claimed_by_incarnation = ?
        WHERE id IN (${places(brids)})`,
      [epoch(statements.dialect, now), master.name, master.incarnation, ...brids],
    );
  }

  reclaim(statements: Statements, brids: readonly number[], master: MasterIdentity, now: number) {
    return this.claim(statements, brids, master, now);
  }

  async unclaim(statements: Statements, brids: readonly number[]) {
    await statements.change(
      `UPDATE buildrequests SET claimed_at = 0, claimed_by_name = NULL, claimed_by_incarnation = NULL
        WHERE id IN (${places(brids)})`,
      brids,
    );
  }

  async complete(statements: Statements, brids: readonly number[], results: number, now: number) {
    await statements.change(
      `UPDATE buildrequests SET complete = 1, results = ?, complete_at = ? WHERE id IN (${places(brids)})`,
      [results, epoch(statements.dialect, now), ...brids],
    );
  }

  async cancel(statements: Statements, brid: number, _master: MasterIdentity, now: number) {
    const matched = await statements.change(
      'UPDATE buildrequests SET complete = 1, results = 2, complete_at = ? WHERE id = ?',
      [epoch(statements.dialect, now), brid],
    );
    return matched > 0;
  }

  async expire() {
    // The picking query itself passes over the age of a claim.
  }
}
