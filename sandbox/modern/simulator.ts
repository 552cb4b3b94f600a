import { setTimeout as sleep } from 'node:timers/promises';
import { type MasterConfiguration, type MasterTimes, USUAL_TIMES } from './configuration.js';
import { ModernDatabase } from './database/database.js';
import { Agenda } from './master/agenda.js';
import { parseVersion } from './master/context.js';
import { Locks } from './master/locks.js';
import { MasterProcess } from './master/process.js';
import { WorkerProcess, WorkerSlot } from './master/worker.js';
import { type Accounts, Sessions } from './rest/sessions.js';
import { WebServer } from './rest/web-server.js';

/** Seconds from the last moment in which a stopping master has builders until its port closes. */
const WITHOUT_BUILDERS = 0.05;

export interface ModernMasterOptions {
  configuration: MasterConfiguration;
  accounts: Accounts;
  /** 0: any free one. */
  port?: number;
  /** Host and folder, by which Buildbot knows a master. */
  name?: string;
  /** Buildbot's version; default 3.7.0. */
  version?: string;
  times?: Partial<MasterTimes>;
  /** Epoch seconds. */
  now?: () => number;
}

/**
 * A master of modern Buildbot with the bridge's plugin, over HTTP, in one process and without a database server. It
 * passes the same contracts as a real master (test/contracts/modern-master).
 */
export class ModernMasterSimulator {
  readonly database: ModernDatabase;
  readonly web: WebServer;
  private readonly workers: ReadonlyMap<string, WorkerProcess>;
  private readonly times: MasterTimes;
  private readonly version: string;
  private configuration: MasterConfiguration;
  private name: string;
  private process: MasterProcess | undefined;
  private ending: Promise<void> | undefined;

  private constructor({ configuration, accounts, ...options }: ModernMasterOptions) {
    this.configuration = configuration;
    this.times = { ...USUAL_TIMES, ...options.times };
    this.version = options.version ?? '3.7.0';
    this.name = options.name ?? 'buildbot.example.com:/srv/buildbot/master';
    this.database = new ModernDatabase(options.now ?? (() => Date.now() / 1000));
    this.workers = new Map(configuration.workers.map(({ name }) => [name, new WorkerProcess(name)]));
    const { idleConnection } = this.times;
    this.web = new WebServer(
      { port: options.port ?? 0, version: this.version, idleConnection },
      new Sessions(this.database, accounts),
    );
  }

  static async start(options: ModernMasterOptions): Promise<ModernMasterSimulator> {
    const master = new ModernMasterSimulator(options);
    await master.start();
    return master;
  }

  get url(): string {
    return this.web.url;
  }

  get isUp(): boolean {
    return this.process !== undefined;
  }

  /** Starts the process; resolves when REST answers. */
  async start(): Promise<void> {
    if (this.process) throw new Error('the master runs already');
    const { masters } = this.database;
    const known = masters.all().find(({ name }) => name === this.name);
    const row = known ?? masters.insert({ name: this.name, active: false, last_active: 0 });
    const { masterid } = row;
    MasterProcess.recover({ database: this.database, masterid });
    this.process = new MasterProcess({
      ...{ database: this.database, masterid, times: this.times, configuration: this.configuration },
      ...{ agenda: new Agenda(), locks: new Locks(), version: parseVersion(this.version) },
      workers: new Map(
        this.configuration.workers.map(({ name, maxBuilds }) => [
          name,
          new WorkerSlot(this.workers.get(name)!, maxBuilds),
        ]),
      ),
    });
    await this.web.open(this.process);
    Object.assign(row, { active: true, last_active: this.database.time() });
  }

  /** The planned stop: builds are cancelled. It waits for builds that never end; `kill` ends the wait. */
  stop(): Promise<void> {
    const { process } = this;
    return process ? this.endAfter(process, process.shutDown()) : Promise.resolve();
  }

  /** The clean stop: nothing is started any more, and the process ends with the last build. */
  stopWhenIdle(): void {
    const { process } = this;
    if (process) void this.endAfter(process, process.drain());
  }

  /** Resolves when a stop has come to its end. */
  async ended(): Promise<void> {
    await this.ending;
  }

  /** Nothing is written any more, as in a crash of the machine. */
  async kill(): Promise<void> {
    this.process?.kill();
    this.process = undefined;
    await this.web.close();
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  reconfigure(configuration: MasterConfiguration): void {
    this.configuration = configuration;
    this.process?.configure(configuration);
  }

  /** From its next start on the master runs in another folder, and so is another master. */
  move(): void {
    this.name += '-moved';
  }

  /** The process of a worker. @throws Error when the configuration has no such worker */
  worker(name: string): WorkerProcess {
    const worker = this.workers.get(name);
    if (!worker) throw new Error(`there is no worker ${name}`);
    return worker;
  }

  /** Looks for work, as when a worker has become free. */
  wake(): void {
    this.process?.wake();
  }

  /** Ends the step under way in the newest build of a request, or its first step as soon as that begins; and so most builds. */
  finishBuild(buildRequestId: number, results?: number): void {
    this.process?.runOf(buildRequestId)?.finish(results);
  }

  /** Ends a request that waits, without a build; as SKIPPED it looks like a collapsed one. */
  endRequest(buildRequestId: number, results: number): void {
    this.process?.requests.complete(this.database.requests.require(buildRequestId), results);
  }

  /** All sessions are lost, as with the secret of the web server: what needs a login is refused until the next one. */
  loseSessions(): void {
    this.database.sessions.clear();
  }

  private endAfter(process: MasterProcess, drained: Promise<void>): Promise<void> {
    this.ending = drained.then(async () => {
      await sleep(WITHOUT_BUILDERS * 1000);
      if (this.process === process) await this.kill();
    });
    return this.ending;
  }
}
