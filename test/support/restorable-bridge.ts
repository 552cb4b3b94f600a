import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BridgeDb, PassStoreSql, TaskStoreSql, WalkStoreSql } from '@bbb/bridge-db';
import type { TaskStore } from '@bbb/rules';
import { Reconciler } from '@bbb/reconciler';
import { SchedulerDb } from '@bbb/scheduler-db';
import { SelfServe } from '@bbb/self-serve';
import { TaskclusterQueue } from '@bbb/taskcluster';
import { AbsenceBrake } from '../../apps/reflector/src/absence-brake.service.js';
import { MissedRunsStep } from '../../apps/reflector/src/missed-runs-step.service.js';
import { OrphanRequestsStep } from '../../apps/reflector/src/orphan-requests-step.service.js';
import { SharedWalks } from '../../apps/reflector/src/walk/shared-walks.service.js';
import { TrackedTasksStep } from '../../apps/reflector/src/tracked-tasks-step.service.js';
import { BuilderList } from '../../libs/buildbot/src/legacy/builder-list.js';
import { LegacyBuildbot } from '../../libs/buildbot/src/legacy/legacy-buildbot.js';
import { SchedulerConnection } from '../../sandbox/buildbot/index.js';
import { MasterSimulator } from '../../sandbox/buildbot/master.js';
import { createSchedulerSchema, type SchedulerSchema } from '../../sandbox/buildbot/scheduler/schema.js';
import { LINUX } from '../../sandbox/buildbot/testing/bench.js';
import { SelfServeSimulator } from '../../sandbox/self-serve/index.js';
import { TaskclusterSimulator } from '../../sandbox/taskcluster/index.js';
import { CONFIGURATION, POLICY, RULES, WORKER } from '../model/bridge/settings.js';
import { ManualClock } from './doubles/manual-clock.js';
import { RecordingTelemetry } from './doubles/recording-telemetry.js';

/** The databases, which can be restored one by one. */
export type Side = 'bridge' | 'scheduler';

/** The processes of Buildbot, until its database is restored. */
interface BuildbotSide {
  rows: SchedulerConnection;
  master: MasterSimulator;
  selfServe: SelfServeSimulator;
  close: () => Promise<void>;
}

/** The bridge, until either database is restored. */
interface BridgeSide {
  store: TaskStore;
  pass: () => Promise<void>;
  close: () => Promise<void>;
}

const REVISION = 'cd5fab20f6bd128847ef8131c9aeed63cde019fc';
const PAYLOAD = {
  buildername: LINUX.name,
  sourcestamp: { branch: 'mozilla-central', revision: REVISION },
  properties: { product: 'firefox' },
};

/**
 * The reflector's steps with the real adapters and databases (SQLite files), between a simulated Taskcluster and a
 * simulated Buildbot 0.8 that merges requests. Time passes only from pass to pass.
 */
export class RestorableBridge {
  /** The builds that Self Serve was asked to stop, and the requests that it was asked to cancel, by request. */
  readonly cancelled: { bid?: number | undefined; brid?: number | undefined }[] = [];
  private backups = 0;
  private buildbot!: BuildbotSide;
  private bridge!: BridgeSide;

  private constructor(
    private readonly folder: string,
    private readonly schema: SchedulerSchema,
    readonly clock: ManualClock,
    readonly taskcluster: TaskclusterSimulator,
  ) {}

  static async open(schema: SchedulerSchema): Promise<RestorableBridge> {
    const folder = await mkdtemp(join(tmpdir(), 'bbb-test-restore-'));
    const clock = new ManualClock(1_494_586_000);
    const taskcluster = await new TaskclusterSimulator({ clock }).start();
    const bridge = new RestorableBridge(folder, schema, clock, taskcluster);
    await createSchedulerSchema(bridge.url('scheduler'), schema);
    bridge.buildbot = await bridge.startBuildbot();
    bridge.bridge = await bridge.startBridge();
    return bridge;
  }

  get store(): TaskStore {
    return this.bridge.store;
  }

  get master(): MasterSimulator {
    return this.buildbot.master;
  }

  createTask(changes: { deadlineIn?: number } = {}): string {
    const { deadlineIn = 86_400 } = changes;
    const deadline = new Date((this.clock.now() + deadlineIn) * 1000).toISOString();
    return this.taskcluster.createTask({ payload: PAYLOAD, deadline });
  }

  /** A request that no bridge made, for the same builder; of another revision unless it is to be merged. */
  async createNightly(revision = 'f'.repeat(40)): Promise<number> {
    return this.master.submit({
      buildername: LINUX.name,
      submittedAt: Math.floor(this.clock.now()),
      branch: 'mozilla-central',
      revision,
      reason: 'The Nightly scheduler named "nightly" triggered this build',
      externalId: null,
      priority: 0,
      properties: { product: 'firefox' },
      source: 'Scheduler',
    });
  }

  requests(): Promise<{ id: number; complete: number; results: number | null; reason: string }[]> {
    return this.buildbot.rows.read((statements) =>
      statements.rows(
        'SELECT br.id AS id, br.complete AS complete, br.results AS results, bs.reason AS reason ' +
          'FROM buildrequests br JOIN buildsets bs ON bs.id = br.buildsetid ORDER BY br.id',
      ),
    );
  }

  /** A minute passes: the masters, Self Serve's agent, the queue and then one pass of the reflector do their work. */
  async minute(): Promise<void> {
    this.clock.advance(60);
    this.taskcluster.state.tick();
    await this.buildbot.selfServe.step();
    await this.master.step();
    this.clock.advance(3);
    await this.master.step();
    await this.bridge.pass();
    this.cancelled.splice(0, Infinity, ...this.buildbot.selfServe.jobs.map(({ what }) => what));
  }

  async minutes(count: number): Promise<void> {
    for (let at = 0; at < count; at++) await this.minute();
  }

  /** @returns the name of a backup of both databases, as they are now */
  async backUp(): Promise<string> {
    const name = `backup-${this.backups++}`;
    for (const side of ['bridge', 'scheduler'] as const)
      for (const suffix of ['', '-wal'])
        if (existsSync(this.file(side) + suffix))
          await copyFile(this.file(side) + suffix, `${this.file(side)}.${name}${suffix}`);
    return name;
  }

  /** Restores one database; what uses it is stopped meanwhile. */
  async restore(side: Side, name: string): Promise<void> {
    await this.bridge.close();
    if (side === 'scheduler') await this.buildbot.close();
    for (const suffix of ['', '-wal', '-shm']) await rm(this.file(side) + suffix, { force: true });
    for (const suffix of ['', '-wal'])
      if (existsSync(`${this.file(side)}.${name}${suffix}`))
        await copyFile(`${this.file(side)}.${name}${suffix}`, this.file(side) + suffix);
    if (side === 'scheduler') this.buildbot = await this.startBuildbot();
    this.bridge = await this.startBridge();
  }

  async close(): Promise<void> {
    await this.bridge.close();
    await this.buildbot.close();
    await this.taskcluster.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  private file(side: Side): string {
    return join(this.folder, `${side}.sqlite`);
  }

  private url(side: Side): string {
    return `sqlite:///${this.file(side)}`;
  }

  private async startBuildbot(): Promise<BuildbotSide> {
    const { clock, schema } = this;
    const rows = await SchedulerConnection.open(this.url('scheduler'));
    const common = { databaseUrl: this.url('scheduler'), schema, clock };
    const master = await MasterSimulator.start({
      ...common,
      name: 'bm73.example.com:/builds/buildbot/build1/master',
      builders: [LINUX],
      publish: () => undefined,
      plan: () => ({ hold: true }),
      pollInterval: 0,
    });
    const selfServe = await SelfServeSimulator.start({
      ...common,
      masters: () => [master],
      branches: ['mozilla-central'],
    });
    return {
      rows,
      master,
      selfServe,
      close: async () => {
        await selfServe.close();
        await master.close();
        await rows.close();
      },
    };
  }

  private async startBridge(): Promise<BridgeSide> {
    const { clock } = this;
    const { selfServe } = this.buildbot;
    const bridgeDb = new BridgeDb({ url: this.url('bridge'), poolSize: 1, connectTimeout: 5 });
    await bridgeDb.open();
    const schedulerDb = new SchedulerDb({ url: this.url('scheduler'), poolSize: 1, connectTimeout: 5 });
    const queue = new TaskclusterQueue({
      rootUrl: this.taskcluster.url,
      clientId: 'bridge',
      accessToken: 'token',
      provisionerId: CONFIGURATION.taskcluster.provisionerId,
      workerType: CONFIGURATION.taskcluster.workerType,
      ...WORKER,
      timeout: 20,
      retries: 0,
      maxConnections: 10,
      runCredentials: 'temporary',
      artifactStorage: 's3',
    });
    // The machine's clock and the queue's are the same.
    queue.readClockOffset = () => 0;
    const buildbot = new LegacyBuildbot(
      schedulerDb,
      new SelfServe({ url: selfServe.url, user: 'bridge', timeout: 5, maxConnections: 10 }),
      new BuilderList({ refresh: 300, timeout: 5 }),
    );
    const store = new TaskStoreSql(bridgeDb);
    const passes = new PassStoreSql(bridgeDb);
    const reconciler = new Reconciler(queue, buildbot, store, passes, clock, new RecordingTelemetry(), RULES);
    const brake = new AbsenceBrake(passes, clock, CONFIGURATION);
    const walks = new SharedWalks(store, new WalkStoreSql(bridgeDb), clock, CONFIGURATION);
    const parts = [queue, buildbot, walks, reconciler, brake, clock, CONFIGURATION] as const;
    const tracked = new TrackedTasksStep(...parts);
    const missed = new MissedRunsStep(store, buildbot, reconciler, POLICY, CONFIGURATION);
    const orphans = new OrphanRequestsStep(
      ...([queue, buildbot, store, clock, reconciler, POLICY, brake, CONFIGURATION] as const),
    );
    return {
      store,
      pass: async () => {
        await tracked.run({ begun: clock.now(), interval: 60 });
        await missed.reconcileListed(queue.listPending());
        await missed.reconcileListed(queue.listClaimed());
        await orphans.run(Promise.resolve());
      },
      close: async () => {
        queue.close();
        await Promise.all([schedulerDb.close(), bridgeDb.close()]);
      },
    };
  }
}
