import {
  ArtifactPolicy,
  BuilderPolicy,
  type TaskDefinition,
  type TrackedTask,
  type Verdict,
} from '@bbb/rules';
import { Reconciler } from '../reconciler.js';
import type { FinishedEvent, Given, TriggeringEvent } from '../situation.js';
import type { ReconcilerSettings } from '../context.js';
import { Effects } from './effects.js';
import { ManualClock } from '../../../../test/support/doubles/manual-clock.js';
import { MemoryBuildbot } from './memory-buildbot.js';
import { MemoryQueue } from './memory-queue.js';
import type { MemoryRequest } from './memory-request.js';
import { gated } from '../../../../test/support/doubles/gated.js';
import { MemoryTaskStore } from '../../../../test/support/doubles/memory-task-store.js';
import { type MemoryTask, OURS } from './memory-task.js';
import { RecordingTelemetry } from '../../../../test/support/doubles/recording-telemetry.js';

export const TASK = 'f3DnVpRsTLWrQ2Q2Q2Q2Qg';
export const BUILDER = 'Linux build';

/** A task that asks for a build of BUILDER. */
export const DEFINITION: TaskDefinition = {
  taskQueueId: 'buildbot-bridge/buildbot-bridge',
  priority: 'normal',
  created: 1_499_999_000,
  expires: '2018-05-12T10:50:00.000Z',
  scopes: [],
  payload: {
    buildername: BUILDER,
    sourcestamp: { branch: 'https://hg.mozilla.org/mozilla-central/' },
    properties: { product: 'firefox' },
  },
};

/** Both sides of the bridge in memory, with one task in them, and a bridge between. */
export class World {
  readonly clock = new ManualClock();
  readonly effects = new Effects();
  readonly queue = new MemoryQueue(this.effects, () => this.clock.now());
  readonly buildbot = new MemoryBuildbot(this.effects, () => this.clock.now());
  readonly store = gated(new MemoryTaskStore(), (name, work) =>
    ['track', 'change', 'forget'].includes(name)
      ? this.effects.effect(`store.${name}`, work)
      : this.effects.read(`store.${name}`, work),
  );
  readonly telemetry = new RecordingTelemetry();
  readonly settings: ReconcilerSettings = {
    worker: OURS,
    taskQueueId: DEFINITION.taskQueueId,
    reclaimWindow: 600,
    finishedGrace: 600,
    missingGrace: 300,
    stuckGrace: 600,
    results: { warnings: 'failed', exception: 'malformed-payload' },
    policy: new BuilderPolicy({ restricted: ['^release-'], ignored: ['^ignored'] }),
    artifacts: new ArtifactPolicy({ logHosts: ['http://logs.example.com'] }),
  };
  readonly bridge = this.anotherBridge();

  constructor({ definition = DEFINITION, retries = 5, deadlineIn = 86_400 } = {}) {
    this.queue.add({ taskId: TASK, definition, retries, deadline: this.clock.now() + deadlineIn });
  }

  /** One more instance on the same two sides and the same database. */
  anotherBridge(): Reconciler {
    const { queue, buildbot, store, clock, telemetry, settings } = this;
    return new Reconciler(queue, buildbot, store, clock, telemetry, settings);
  }

  reconcile(given?: Given): Promise<Verdict> {
    return this.bridge.reconcile(TASK, given);
  }

  get task(): MemoryTask {
    const task = this.queue.tasks.get(TASK);
    if (!task) throw new TypeError('the task is gone');
    return task;
  }

  get row(): TrackedTask | undefined {
    return this.store.rows.get(TASK);
  }

  /** The newest request. */
  get request(): MemoryRequest {
    const request = [...this.buildbot.requests.values()].at(-1);
    if (!request) throw new TypeError('no request was made');
    return request;
  }

  /** The task's request is made and its build started; the bridge has not heard of the build. */
  async building(): Promise<number> {
    await this.reconcile();
    return this.buildbot.startBuild(this.request.buildRequestId);
  }

  /** The task's build runs and the task with it. */
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

  /**
   * What the clock alone brings about: passes of the reflector, between which masters and queue get on, until
   * nothing changes any more.
   */
  async settle(passes = 40): Promise<void> {
    for (let pass = 0; pass < passes; pass++) {
      await this.reconcile();
      this.buildbot.obey();
      this.clock.advance(60);
      this.queue.tick();
    }
  }
}
