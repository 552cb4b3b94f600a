import type { BuildRef } from '@bbb/rules';
import type { BuildRow, MasterCalls, RequestRow } from '../support/real-buildbot/master-calls.js';
import type { RealMaster } from '../support/real-buildbot/real-master.js';
import type { MasterSide } from './buildbot.contract.js';

const RETRY = 5;

/**
 * A real master whose builds of builder `steered` begin and end when the test wants it. Only what lasts milliseconds
 * on a master, and what only its database's owner can do, is written into its database.
 */
export class SteeredMaster implements MasterSide {
  constructor(
    private readonly control: RealMaster,
    private readonly calls: MasterCalls,
  ) {}

  async claim(id: number): Promise<void> {
    const [master] = await this.calls.rest.rows('/masters');
    await this.control.runSql(
      `INSERT INTO buildrequest_claims (brid, masterid, claimed_at) VALUES (${id}, ${master.masterid}, ${now()})`,
    );
  }

  async start(id: number): Promise<BuildRef> {
    const before = (await this.calls.builds(id)).length;
    await this.control.steer(id, 'start');
    const builds = await this.calls.until(
      // A master that has just started does not listen yet.
      () => this.nudge().then(() => this.calls.builds(id)),
      (all) => all.length > before && !all.at(-1)!.complete,
    );
    await this.control.unsteer(id, 'start');
    return refOf(builds.at(-1)!);
  }

  async end(id: number): Promise<void> {
    await this.control.runSql(
      `UPDATE builds SET complete_at = ${now()}, results = 0 WHERE buildrequestid = ${id} AND complete_at IS NULL`,
    );
  }

  async finish(id: number, results: number): Promise<void> {
    await this.control.steer(id, 'end', String(results));
    await this.calls.completed(id);
  }

  async retry(id: number): Promise<void> {
    await this.control.steer(id, 'end', String(RETRY));
    await this.calls.until(
      () => this.calls.request(id),
      ({ claimed }) => !claimed,
    );
  }

  async crashAndRestart(id: number): Promise<BuildRef> {
    await this.crash();
    return this.start(id);
  }

  /** There is no other master: this one comes back, and takes nothing up by itself. */
  async crash(): Promise<void> {
    await this.control.kill();
    await this.control.start();
    await this.control.workerIsConnected();
  }

  /** Nothing is left of it. */
  async giveBack(id: number): Promise<void> {
    await this.claim(id);
    await this.control.runSql(`DELETE FROM buildrequest_claims WHERE brid = ${id}`);
  }

  async cancel(id: number): Promise<void> {
    await this.calls.cancel(id);
    await this.calls.completed(id);
  }

  async remove(id: number): Promise<void> {
    await this.control.runSql(`DELETE FROM buildrequests WHERE id = ${id}`);
  }

  async free(): Promise<number[]> {
    const open = await this.openRequests();
    return open.filter(({ claimed }) => !claimed).map(({ buildrequestid }) => buildrequestid);
  }

  /** Ends everything, and lets no key find what has been: the next test begins with an empty Buildbot. */
  async clear(): Promise<void> {
    await this.control.runSql(
      `DELETE FROM buildrequest_claims WHERE brid NOT IN (SELECT buildrequestid FROM builds)`,
    );
    for (const { buildrequestid } of await this.openRequests())
      await this.calls.cancelUntilComplete(buildrequestid);
    await this.control.runSql(`UPDATE buildsets SET external_idstring = NULL`);
  }

  private async openRequests(): Promise<RequestRow[]> {
    return (await this.calls.rest.rows('/buildrequests?complete=0&order=buildrequestid')) as RequestRow[];
  }

  /** Makes the master look for builds to start; it also ends the pause that an EXCEPTION brings to a worker. */
  private async nudge(): Promise<void> {
    const [worker] = await this.calls.rest.rows('/workers?name=main');
    await this.calls.rest.call(`/workers/${worker.workerid}`, 'unpause', { reason: 'test' });
  }
}

function refOf({ buildid, number }: BuildRow): BuildRef {
  return { buildId: buildid, number };
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}
