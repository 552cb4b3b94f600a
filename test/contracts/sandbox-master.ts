import type { BuildRef } from '@bbb/rules';
import {
  MasterSimulator,
  type BuilderSetting,
  type BuildResult,
  type MasterOptions,
  type SchedulerConnection,
  type SchedulerSchema,
} from '../../sandbox/buildbot/index.js';
import { CLAIM_LIFETIME } from '../../sandbox/buildbot/scheduler/claims.js';
import type { LoadedRequest } from '../../sandbox/buildbot/scheduler/requests.js';
import { ManualClock } from '../support/doubles/manual-clock.js';
import { readBuilds } from '../../sandbox/self-serve/rows.js';
import type { MasterSide } from './buildbot.contract.js';

/** Seconds from a claim to its build, and from a build's end to what follows for the request. */
const WINDOW = 60;

const NAMES = [73, 74].map((number) => `bm${number}.example.com:/builds/buildbot/build1/master`);

export interface SandboxMasterOptions {
  databaseUrl: string;
  schema: SchedulerSchema;
  builder: BuilderSetting;
  /** Moved by every step. */
  clock: ManualClock;
}

/**
 * The sandbox's masters, moved one step at a time: they build nothing but what a test wants next, and no build ends
 * by itself. One is at work, and the other takes its place when it dies.
 */
export class SandboxMaster implements MasterSide {
  private readonly masters: MasterSimulator[] = [];
  private wanted: number | undefined;
  private offered: number[] = [];

  private constructor(
    private readonly options: SandboxMasterOptions,
    private readonly database: SchedulerConnection,
  ) {}

  /** @param database stays the caller's, and is to be closed after this */
  static async start(options: SandboxMasterOptions, database: SchedulerConnection): Promise<SandboxMaster> {
    const side = new SandboxMaster(options, database);
    for (const name of NAMES) side.masters.push(await MasterSimulator.start(side.settings(name)));
    return side;
  }

  get all(): readonly MasterSimulator[] {
    return this.masters;
  }

  async claim(buildRequestId: number): Promise<void> {
    this.wanted = buildRequestId;
    await this.pass(1);
    this.wanted = undefined;
    if (!this.has(buildRequestId)) throw new Error(`request ${buildRequestId} cannot be claimed`);
  }

  async start(buildRequestId: number): Promise<BuildRef> {
    if (!this.has(buildRequestId)) await this.claim(buildRequestId);
    await this.pass(WINDOW);
    return this.newest(buildRequestId);
  }

  async end(buildRequestId: number): Promise<void> {
    this.atWork.finishBuild(buildRequestId);
    await this.pass(1);
  }

  async finish(buildRequestId: number, results: BuildResult): Promise<void> {
    this.atWork.finishBuild(buildRequestId, results);
    await this.pass(1);
    await this.pass(WINDOW);
  }

  retry(buildRequestId: number): Promise<void> {
    return this.finish(buildRequestId, 5);
  }

  async crashAndRestart(buildRequestId: number): Promise<BuildRef> {
    await this.reboot();
    // Claims in the request's row are known as one's own; those in a table have to grow old first.
    if (this.options.schema === 24) await this.pass(CLAIM_LIFETIME + 1);
    return this.start(buildRequestId);
  }

  async crash(): Promise<void> {
    await this.atWork.kill();
    await this.pass(CLAIM_LIFETIME + 1);
  }

  async giveBack(buildRequestId: number): Promise<void> {
    await this.claim(buildRequestId);
    this.atWork.loseWorker(buildRequestId);
    await this.pass(WINDOW);
  }

  async cancel(buildRequestId: number): Promise<void> {
    await this.pass(1);
    if (!(await this.atWork.cancelPending(buildRequestId))) {
      throw new Error(`request ${buildRequestId} cannot be cancelled`);
    }
  }

  async remove(buildRequestId: number): Promise<void> {
    await this.database.transaction(async (statements) => {
      if (this.options.schema === 24) {
        await statements.change('DELETE FROM buildrequest_claims WHERE brid = ?', [buildRequestId]);
      }
      await statements.change('DELETE FROM builds WHERE brid = ?', [buildRequestId]);
      await statements.change('DELETE FROM buildrequests WHERE id = ?', [buildRequestId]);
    });
  }

  async free(): Promise<number[]> {
    this.offered = [];
    await this.pass(1);
    return this.offered;
  }

  /** Dies and comes back at once, without the builds that it had. */
  async reboot(): Promise<void> {
    const master = this.atWork;
    await master.kill();
    await master.restart();
  }

  /** What masters were told meanwhile comes to its end. */
  async settle(): Promise<void> {
    await this.pass(1);
    await this.pass(WINDOW);
  }

  async close(): Promise<void> {
    for (const master of this.masters) await master.close();
  }

  private get atWork(): MasterSimulator {
    const master = this.masters.find(({ isUp }) => isUp);
    if (!master) throw new Error('all masters are dead');
    return master;
  }

  private has(buildRequestId: number): boolean {
    return this.atWork.inProgress().some(({ buildRequestIds }) => buildRequestIds.includes(buildRequestId));
  }

  private async pass(seconds: number): Promise<void> {
    this.options.clock.advance(seconds);
    await this.atWork.step();
  }

  private async newest(buildRequestId: number): Promise<BuildRef> {
    const builds = await this.database.read((statements) => readBuilds(statements, buildRequestId));
    const last = builds.at(-1);
    if (!last) throw new Error(`request ${buildRequestId} has no build`);
    return { buildId: last.id, number: last.number };
  }

  private settings(name: string): MasterOptions {
    const { builder, ...others } = this.options;
    return {
      ...others,
      name,
      builders: [{ ...builder, merge: false, nextBuild: (requests) => this.next(requests) }],
      publish: () => undefined,
      plan: () => ({ claimWindow: WINDOW, hold: true, finishWindow: WINDOW }),
      pollInterval: 0,
    };
  }

  private next(requests: readonly LoadedRequest[]): LoadedRequest | undefined {
    this.offered = requests.map(({ brid }) => brid);
    return requests.find(({ brid }) => brid === this.wanted);
  }
}
