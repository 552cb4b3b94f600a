import { type MasterTimes, ModernMasterSimulator } from '../../../sandbox/modern/index.js';
import { eventually } from '../eventually.js';
import { type Account, MasterRest } from '../real-buildbot/master-rest.js';
import type { MasterUnderTest } from '../real-buildbot/masters.js';
import type { MasterSettings } from '../real-buildbot/real-master.js';
import { testConfiguration } from './configuration.js';

const ACCOUNT: Account = { user: 'bridge', password: 'a password' };

/** A simulated master that is configured as the real ones of the tests are, and can be treated in the same ways. */
export class SimulatedMaster {
  readonly account = ACCOUNT;
  readonly rest: MasterRest;
  private readonly steered = new Set<number>();

  private constructor(
    readonly simulator: ModernMasterSimulator,
    private readonly isBuildable: { isBuildable(id: number): boolean; set: Set<number> },
  ) {
    this.rest = new MasterRest(simulator.url, ACCOUNT);
    this.steered = isBuildable.set;
  }

  static async start(times: Partial<MasterTimes> = {}): Promise<SimulatedMaster> {
    const set = new Set<number>();
    const steered = { set, isBuildable: (id: number) => set.has(id) };
    const simulator = await ModernMasterSimulator.start({
      configuration: testConfiguration(steered),
      accounts: {
        passwords: { [ACCOUNT.user]: ACCOUNT.password, guest: 'guest' },
        controllers: [ACCOUNT.user],
      },
      times: { quarantine: 2, ...times },
    });
    simulator.worker('never').kill();
    return new SimulatedMaster(simulator, steered);
  }

  get url(): string {
    return this.simulator.url;
  }

  get worker() {
    const process = this.simulator.worker('main');
    return {
      get isRunning() {
        return process.isRunning;
      },
      start: async () => process.start(),
      kill: async () => process.kill(),
      freeze: () => process.freeze(),
      thaw: () => process.thaw(),
    };
  }

  /** Resolves when REST answers on a connection that is none of the process before. */
  async start(): Promise<void> {
    await this.simulator.start();
    await eventually(() => this.rest.get('/api/v2'));
  }

  /** It is, as soon as the master runs. */
  async workerIsConnected(): Promise<void> {}

  stop(): Promise<void> {
    return this.simulator.stop();
  }

  stopWhenIdle(): void {
    this.simulator.stopWhenIdle();
  }

  ended(): Promise<void> {
    return this.simulator.ended();
  }

  kill(): Promise<void> {
    return this.simulator.kill();
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** A broken configuration is not loaded. */
  async reconfigure(settings: MasterSettings): Promise<void> {
    if (!settings.broken) this.simulator.reconfigure(testConfiguration(this.isBuildable, settings));
  }

  async move(): Promise<void> {
    this.simulator.move();
  }

  /** What is called waits, and then has its effect. */
  async stopWrites(): Promise<() => Promise<void>> {
    const { web } = this.simulator;
    let allow: () => void;
    const until = new Promise<void>((resolve) => (allow = resolve));
    web.faults = ({ verb }) => (verb === 'POST' ? { until } : 'pass');
    return async () => {
      web.faults = () => 'pass';
      allow();
    };
  }

  /** A word of the test for a build of builder `steered`. */
  async steer(request: number, word: 'start' | 'end', content = ''): Promise<void> {
    if (word === 'end') this.simulator.finishBuild(request, Number(content));
    else this.steered.add(request);
  }

  async unsteer(request: number): Promise<void> {
    this.steered.delete(request);
  }

  async claim(id: number): Promise<void> {
    const { database } = this.simulator;
    database.claim(database.requests.require(id), database.masters.all()[0]!.masterid);
  }

  async release(id: number): Promise<void> {
    const { database } = this.simulator;
    database.unclaim(database.requests.require(id));
  }

  async releaseUnbuilt(): Promise<void> {
    const { database } = this.simulator;
    for (const request of database.requests.all())
      if (!request.complete && !database.newestBuild(request.buildrequestid)) database.unclaim(request);
  }

  /** Each test has a simulator of its own. */
  async forgetKeys(): Promise<void> {}

  async endBuild(id: number): Promise<void> {
    const { database } = this.simulator;
    database.complete(database.newestBuild(id)!, 0);
  }

  async remove(id: number): Promise<void> {
    const { database } = this.simulator;
    database.deleteRequest(database.requests.require(id));
  }

  dispose(): Promise<void> {
    return this.simulator.kill();
  }
}

/** A simulated master for the suites that real masters are tested with. */
export async function startSimulatedMaster(times: Partial<MasterTimes> = {}): Promise<MasterUnderTest> {
  const master = await SimulatedMaster.start(times);
  const { url, account, rest } = master;
  return { url, account, rest, control: master, dispose: () => master.dispose() };
}
