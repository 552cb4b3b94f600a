import { finishBuilds, retireRequests, startBuilds } from '../../sandbox/buildbot/scheduler/builds.js';
import { claimsOf } from '../../sandbox/buildbot/scheduler/claims-of.js';
import type { SchedulerConnection } from '../../sandbox/buildbot/index.js';
import { loadRequests } from '../../sandbox/buildbot/scheduler/requests.js';

/** As the recorded messages name it. */
export const MASTER = {
  name: 'buildbot-master73.bb.releng.usw2.mozilla.com:/builds/buildbot/build1/master',
  incarnation: 'pid23040-boot1494500000',
};

/** Buildbot 0.8.2's result numbers that a build ends with. */
export type Results = 0 | 1 | 2 | 3 | 4 | 6;

const claims = claimsOf(6);

const now = () => Date.now() / 1000;

/** Writes what a master writes around the recorded messages, so that the scheduler database agrees with them. */
export class RecordedMaster {
  /** Numbers of the builds that somebody stopped on its web page. */
  readonly stopped: number[] = [];
  private readonly builds = new Map<number, number[]>();

  constructor(private readonly scheduler: SchedulerConnection) {}

  noteStop(number: number): boolean {
    this.stopped.push(number);
    return true;
  }

  /** The next request gets this id. */
  async continueIdsAt(buildRequestId: number): Promise<void> {
    await this.scheduler.transaction(async (statements) => {
      await statements.change("DELETE FROM sqlite_sequence WHERE name = 'buildrequests'");
      await statements.change("INSERT INTO sqlite_sequence (name, seq) VALUES ('buildrequests', ?)", [
        buildRequestId - 1,
      ]);
    });
  }

  /** Requests that the master's picking query finds for a builder, in its order (0.8.2, db/connector.py). */
  async pickable(buildername: string): Promise<number[]> {
    const rows = await this.scheduler.read((statements) =>
      claims.unclaimed(statements, buildername, MASTER, now()),
    );
    return rows.map(({ id }) => id);
  }

  /** Loads a request as the master does before it builds; throws where one bad value would block the builder. */
  async load(buildRequestId: number) {
    const [request] = await this.scheduler.read((statements) =>
      loadRequests(statements, 6, [buildRequestId]),
    );
    return request!;
  }

  /** Claims requests and starts their common build. */
  async startBuild(number: number, buildRequestIds: readonly number[]): Promise<void> {
    await this.scheduler.transaction(async (statements) => {
      await claims.claim(statements, buildRequestIds, MASTER, now());
      this.builds.set(number, await startBuilds(statements, buildRequestIds, number, now()));
    });
  }

  async finishBuild(number: number, buildRequestIds: readonly number[], results: Results): Promise<void> {
    await this.scheduler.transaction(async (statements) => {
      await finishBuilds(statements, this.builds.get(number)!, now());
      for (const brid of buildRequestIds) {
        const [row] = await statements.rows<{ buildsetid: number }>(
          'SELECT buildsetid FROM buildrequests WHERE id = ?',
          [brid],
        );
        await retireRequests(statements, claims, [{ brid, buildsetId: row!.buildsetid }], results, now());
      }
    });
  }

  /** The build has ended in RETRY: its requests are given back. */
  async giveBack(number: number, buildRequestIds: readonly number[]): Promise<void> {
    await this.scheduler.transaction(async (statements) => {
      await finishBuilds(statements, this.builds.get(number)!, now());
      await claims.unclaim(statements, buildRequestIds);
    });
  }
}
