import type { BuildRef } from '@bbb/rules';
import type { BuildRow, MasterCalls, RequestRow } from '../support/real-buildbot/master-calls.js';
import type { Account, MasterRest } from '../support/real-buildbot/master-rest.js';
import type { MasterSide } from './buildbot.contract.js';

const RETRY = 5;

/** What a test does to a master, real or simulated, to have builds begin and end when it wants. */
export interface SteerableMaster {
  readonly url: string;
  readonly account: Account;
  readonly rest: MasterRest;
  kill(): Promise<void>;
  start(): Promise<void>;
  workerIsConnected(): Promise<void>;
  steer(request: number, word: 'start' | 'end', content?: string): Promise<void>;
  unsteer(request: number, word: 'start'): Promise<void>;
  // What only the owner of the database can do.
  claim(request: number): Promise<void>;
  release(request: number): Promise<void>;
  /** The newest build has ended; its request has not. */
  endBuild(request: number): Promise<void>;
  remove(request: number): Promise<void>;
  /** Deletes the claims of requests that have no build. */
  releaseUnbuilt(): Promise<void>;
  /** No key finds what has been. */
  forgetKeys(): Promise<void>;
}

/**
 * A master whose builds of builder `steered` begin and end when the test wants it. Only what lasts milliseconds
 * on a master, and what only its database's owner can do, is written into its database.
 */
export class SteeredMaster implements MasterSide {
  constructor(
    private readonly control: SteerableMaster,
    private readonly calls: MasterCalls,
  ) {}

  claim(id: number): Promise<void> {
    return this.control.claim(id);
  }

  async start(id: number): Promise<BuildRef> {
    const before = (await this.calls.builds(id)).length;
    await this.control.steer(id, 'start');
    const builds = await this.calls.until(
      // A master that has just started does not listen yet.
      () => this.nudge().then(() => this.calls.builds(id)),
      (all) => all.length > before && !all.at(-1)!.complete && all.at(-1)!.state_string !== 'created',
    );
    await this.control.unsteer(id, 'start');
    return refOf(builds.at(-1)!);
  }

  end(id: number): Promise<void> {
    return this.control.endBuild(id);
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
    await this.control.release(id);
  }

  async cancel(id: number): Promise<void> {
    await this.calls.cancel(id);
    await this.calls.completed(id);
  }

  remove(id: number): Promise<void> {
    return this.control.remove(id);
  }

  async free(): Promise<number[]> {
    const open = await this.openRequests();
    return open.filter(({ claimed }) => !claimed).map(({ buildrequestid }) => buildrequestid);
  }

  /** Ends everything, and lets no key find what has been: the next test begins with an empty Buildbot. */
  async clear(): Promise<void> {
    await this.control.releaseUnbuilt();
    for (const { buildrequestid } of await this.openRequests())
      await this.calls.cancelUntilComplete(buildrequestid);
    await this.control.forgetKeys();
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
