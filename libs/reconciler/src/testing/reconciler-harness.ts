import { Logger } from '@nestjs/common';
import {
  type Artifact,
  ArtifactPolicy,
  type Buildbot,
  type TaskQueue,
  type TaskStore,
  type TrackedTask,
  type Verdict,
} from '@bbb/rules';
import { exampleTask, QueueState, type WireStatus } from '../../../../sandbox/taskcluster/index.js';
import { Agent } from '../../../../test/model/buildbot/agent.js';
import { type BuildbotKind, Farm, type RequestRow, RETRY } from '../../../../test/model/buildbot/farm.js';
import { Gate } from '../../../../test/model/bridge/gate.js';
import { Locks } from '../../../../test/model/buildbot/locks.js';
import { Master } from '../../../../test/model/buildbot/master.js';
import { openPorts } from '../../../../test/model/bridge/ports.js';
import { definitionOf, statusOf } from '../../../../test/model/taskcluster/queue-answers.js';
import { ModernMaster } from '../../../../test/model/buildbot/modern-master.js';
import { BUILDER, rulesFor } from '../../../../test/model/bridge/settings.js';
import { WatchedTaskStore } from '../../../../test/model/bridge/stores.js';
import { Watch } from '../../../../test/model/watch/watch.js';
import { ManualClock } from '../../../../test/support/doubles/manual-clock.js';
import { MemoryPassStore } from '../../../../test/support/doubles/memory-pass-store.js';
import { RecordingTelemetry } from '../../../../test/support/doubles/recording-telemetry.js';
import type { ReconcilerSettings } from '../context.js';
import { Reconciler } from '../reconciler.js';
import type { FinishedEvent, Given, TriggeringEvent } from '../situation.js';

// Tests that are about the log set another logger.
Logger.overrideLogger(false);

export const TASK = 'f3DnVpRsTLWrQ2Q2Q2Q2Qg';

/** A payload for a build of BUILDER. */
export const PAYLOAD = {
  buildername: BUILDER,
  sourcestamp: { branch: 'https://hg.mozilla.org/mozilla-central/' },
  properties: { product: 'firefox' },
};

export interface HarnessOptions {
  kind?: BuildbotKind;
  payload?: Record<string, unknown>;
  workerType?: string;
  retries?: number;
  /** Seconds from now. */
  deadlineIn?: number;
}

/**
 * A reconciler between the simulated Taskcluster queue and the simulated Buildbot, with one task in the queue. Its calls go
 * through a gate, which can make them fail. Time advances only when a test advances it.
 */
export class ReconcilerHarness {
  readonly clock = new ManualClock();
  readonly taskcluster = new QueueState({ clock: this.clock, publish: () => undefined });
  readonly farm: Farm;
  readonly master: Master;
  readonly agent: Agent;
  readonly watch: Watch;
  readonly rows: Map<string, TrackedTask>;
  readonly gate = new Gate(
    {
      now: () => this.clock.now(),
      outageOf: () => undefined,
      later: () => undefined,
      struck: () => undefined,
    },
    () => undefined,
  );
  readonly queue: TaskQueue;
  readonly buildbot: Buildbot;
  readonly store: TaskStore;
  readonly passes = new MemoryPassStore();
  readonly telemetry = new RecordingTelemetry();
  readonly settings: ReconcilerSettings;
  readonly reconciler: Reconciler;
  readonly #artifacts = new Map<string, Artifact>();

  constructor(options: HarnessOptions = {}) {
    const { kind = 'legacy' } = options;
    const now = () => this.clock.now();
    this.farm = new Farm(now, kind);
    const MasterOfKind = kind === 'modern' ? ModernMaster : Master;
    this.master = new MasterOfKind('bm01', 100, this.farm, () => undefined, 100);
    this.agent = new Agent(this.farm, [this.master]);
    this.watch = new Watch(
      this.farm,
      (taskId) => statusOf(this.taskcluster.status(taskId)),
      (taskId) => this.rows.get(taskId),
      now,
    );
    const rows = new WatchedTaskStore(this.watch);
    this.rows = rows.rows;
    const { taskcluster: queue, farm, agent, watch, master } = this;
    const systems = { queue, farm, agent, masters: [master], locks: new Locks(now), watch, rows };
    ({ queue: this.queue, buildbot: this.buildbot, store: this.store } = openPorts(systems, this.gate));
    this.settings = {
      ...rulesFor(kind),
      messageGrace: 0,
      missingGrace: 300,
      artifacts: new ArtifactPolicy({ logHosts: ['http://logs.example.com'] }),
    };
    this.reconciler = this.anotherReconciler();
    this.gate.recording = true;
    this.createTask(TASK, options);
    const attach = this.queue.attach.bind(this.queue);
    this.queue.attach = async (run, artifact) => {
      await attach(run, artifact);
      this.#artifacts.set(`${run.runId}/${artifact.name}`, artifact);
    };
  }

  createTask(
    taskId: string,
    {
      payload = PAYLOAD,
      workerType = 'buildbot-bridge',
      retries = 5,
      deadlineIn = 86_400,
    }: HarnessOptions = {},
  ): void {
    const now = this.clock.now();
    const deadline = new Date((now + deadlineIn) * 1000).toISOString();
    this.taskcluster.createTask(taskId, {
      ...exampleTask(now - 600),
      workerType,
      retries,
      deadline,
      payload,
    });
  }

  /** Another instance with the same outside systems and the same database. */
  anotherReconciler(): Reconciler {
    const { queue, buildbot, store, passes, clock, telemetry, settings } = this;
    return new Reconciler(queue, buildbot, store, passes, clock, telemetry, settings);
  }

  reconcile(given?: Given): Promise<Verdict> {
    return this.reconciler.reconcile(TASK, given);
  }

  /** The names of the effects so far, in order. */
  get effects(): string[] {
    return this.gate.calls.filter(({ kind }) => kind === 'effect').map(({ name }) => name);
  }

  /** The cancellations that Self Serve was asked for. */
  get cancellations(): string[] {
    return this.effects.filter((name) => name.startsWith('cancel-'));
  }

  forgetCalls(): void {
    this.gate.calls.length = 0;
  }

  /** The first call of this name fails. */
  failOnce(name: string, moment: 'before' | 'after', error: Error = new TypeError('crash')): void {
    this.gate.failWith = (call, at) => {
      if (call.name !== name || at !== moment) return undefined;
      this.gate.failWith = undefined;
      return error;
    };
  }

  /** Every call of this name fails before its effect. */
  failAlways(name: string, error: Error): void {
    this.gate.failWith = (call, moment) => (call.name === name && moment === 'before' ? error : undefined);
  }

  get row(): TrackedTask | undefined {
    return this.rows.get(TASK);
  }

  get status() {
    return statusOf(this.taskcluster.status(TASK));
  }

  get definition() {
    return definitionOf(this.taskcluster.task(TASK));
  }

  /** Reasons for which the runs were resolved, or the states of those that were not. */
  get story(): string[] {
    return this.status.runs.map(({ reasonResolved, state }) => reasonResolved ?? state);
  }

  artifacts(runId: number): Artifact[] {
    return [...this.#artifacts].flatMap(([key, artifact]) => (key.startsWith(`${runId}/`) ? artifact : []));
  }

  cancelTask(): WireStatus {
    return this.taskcluster.cancelTask(TASK);
  }

  rerunTask(): WireStatus {
    return this.taskcluster.rerunTask(TASK);
  }

  /** The newest request. */
  get request(): RequestRow {
    const request = [...this.farm.requests.values()].at(-1);
    if (!request) throw new TypeError('no request was created');
    return request;
  }

  get snapshot() {
    return this.farm.snapshot(this.request);
  }

  /** The task's requests that are not complete. */
  get openRequests(): RequestRow[] {
    return this.farm.openOf(TASK);
  }

  /** @returns the number of the build that the master starts for what waits */
  startBuild(): number {
    if (!this.master.pick() || !this.master.begin()) throw new TypeError('no build can start');
    return this.request.builds.at(-1)!.number;
  }

  /** The build has ended; its request is not complete yet. */
  endBuild(results = 0): void {
    if (!this.master.end(results)) throw new TypeError('no build runs');
  }

  /** The build ends, if it has not ended yet, and its request is complete. */
  complete(results: number): void {
    this.master.end(results);
    if (!this.master.retire()) throw new TypeError('no build runs');
  }

  /** The build ends in RETRY. */
  requeue(): void {
    this.complete(RETRY);
  }

  /** A person cancels the request in Buildbot. */
  cancelInBuildbot(): void {
    const { request } = this;
    if (request.claimedBy) {
      this.master.stop(request.builds.at(-1)!.number);
      this.master.retire();
    } else if (!request.complete) this.farm.markComplete(request);
  }

  /** Self Serve and the master carry out the cancellations that were requested. */
  performCancellations(): void {
    while (this.agent.jobs.length > 0) this.agent.perform(0);
    this.master.retire();
  }

  /** The request disappears from the scheduler database. */
  removeRequest(): RequestRow {
    const { request } = this;
    this.farm.requests.delete(request.buildRequestId);
    return request;
  }

  /** Creates the task's request and starts its build; the bridge has not received the start message. */
  async building(): Promise<number> {
    await this.reconcile();
    return this.startBuild();
  }

  /** Starts the task's build and claims the task. */
  async running(): Promise<number> {
    const number = await this.building();
    await this.reconcile({ event: this.started(number) });
    return number;
  }

  started(buildNumber: number): TriggeringEvent {
    return { kind: 'started', buildNumber };
  }

  finished(buildNumber: number, results: number, changes: Partial<FinishedEvent> = {}): FinishedEvent {
    return {
      kind: 'finished',
      buildNumber,
      results,
      properties: [['product', 'firefox', 'bbb']],
      logUrl: 'http://logs.example.com/build.txt.gz',
      ...changes,
    };
  }

  /** Advances the time; the queue resolves what has become due. */
  advance(seconds: number): void {
    this.clock.advance(seconds);
    this.taskcluster.tick();
    this.master.tick();
  }

  /** Passes of the reflector, a minute apart, with cancellations carried out in between. */
  async settle(passes = 40): Promise<void> {
    for (let pass = 0; pass < passes; pass++) {
      await this.reconcile();
      this.performCancellations();
      this.advance(60);
    }
  }
}
