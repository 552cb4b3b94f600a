import type { JsonValue } from '@bbb/rules';
import {
  allTheThings,
  createSchedulerSchema,
  MasterSimulator,
  SchedulerConnection,
  type BuilderSetting,
  type SchedulerSchema,
} from './buildbot/index.js';
import { BUILDERS, findPlan, SCENARIOS } from './mix.js';
import { readRequestsByTask, type SeenRequest } from './seen.js';
import { SelfServeSimulator, type SelfServeOptions } from './self-serve/index.js';
import {
  type CommonSide,
  startCommonSide,
  CommonSandbox,
  type CommonSandboxOptions,
} from './common-sandbox.js';

export type { Pace } from './common-sandbox.js';

export interface SandboxOptions extends CommonSandboxOptions {
  schema: SchedulerSchema;
  schedulerDb: string;
  /** Default the mix's. */
  builders?: readonly BuilderSetting[];
  selfServe?: Pick<SelfServeOptions, 'fault' | 'replicaLag'>;
}

/** Everything outside the bridge: Taskcluster, a Buildbot 0.8 master, Self Serve, the exchanges of Pulse. */
export class Sandbox extends CommonSandbox {
  private constructor(
    override readonly options: SandboxOptions,
    common: CommonSide,
    readonly master: MasterSimulator,
    readonly selfServe: SelfServeSimulator,
    readonly scheduler: SchedulerConnection,
  ) {
    super(options, common);
  }

  static async start(options: SandboxOptions): Promise<Sandbox> {
    const { seed, schema, schedulerDb, scenarios = SCENARIOS, builders = BUILDERS } = options;
    // What may be refused comes first: nothing runs yet, and nothing is left at the broker.
    await createSchedulerSchema(schedulerDb, schema);
    const scheduler = await SchedulerConnection.open(schedulerDb);
    const common = await startCommonSide(options);
    const { id, pace, clock, mail } = common;
    const master = await MasterSimulator.start({
      databaseUrl: schedulerDb,
      schema,
      name: 'buildbot-master.example.com:/builds/buildbot/master',
      builders,
      clock,
      seed,
      exchange: `exchange/${id}/build/`,
      publish: mail.send,
      plan: (request) => findPlan(scenarios, request),
      pollInterval: pace.pollInterval,
      claimLifetime: pace.buildbotClaim,
      pipeline: { delay: pace.messageDelay, jitter: 0.2 },
    });
    const selfServe = await SelfServeSimulator.start({
      databaseUrl: schedulerDb,
      schema,
      clock,
      masters: () => [master],
      branches: ['oak'],
      builderList: () => allTheThings(builders),
      agentDelay: pace.agentDelay,
      ...options.selfServe,
    });
    master.run(50);
    selfServe.run(100);
    return new Sandbox(options, common, master, selfServe, scheduler);
  }

  protected override get finishedGrace(): number {
    return this.pace.finishedGrace;
  }

  override finishBuild(buildRequestId: number): boolean {
    return this.master.finishBuild(buildRequestId);
  }

  override cancelRequest(buildRequestId: number): Promise<boolean> {
    return this.master.cancelPending(buildRequestId);
  }

  override get messagesOnTheirWay(): number {
    return this.master.messagesOnTheirWay + super.messagesOnTheirWay;
  }

  protected override requestsOf(): Promise<ReadonlyMap<string, SeenRequest[]>> {
    return readRequestsByTask(this.scheduler);
  }

  protected override buildbotSettings(): Readonly<Record<string, JsonValue>> {
    return {
      buildbot_scheduler_db: this.options.schedulerDb,
      selfserve_url: this.selfServe.url,
      builders_url: this.selfServe.builderListUrl,
      // The master's logs are on a host of its own, by http.
      artifacts: { log_hosts: ['http://logs.example.com'], wait: this.pace.artifactWait },
    };
  }

  protected override async stopBuildbot(): Promise<void> {
    await this.selfServe.close();
    await this.master.close();
    await this.scheduler.close();
  }
}
