import { Clock, type KeptMessage, type ReceivedMessage, Telemetry } from '@bbb/rules';
import { readLogUploaded, readStarted } from '@bbb/buildbot';
import { Reconciler } from '@bbb/reconciler';
import { BuildFinishedService } from '../../../apps/bb-listener/src/build-finished.service.js';
import { BuildStartedService } from '../../../apps/bb-listener/src/build-started.service.js';
import { TrackedBuilds } from '../../../apps/bb-listener/src/tracked-builds.js';
import { AbsenceBrake } from '../../../apps/reflector/src/absence-brake.service.js';
import { OrphanRequestsStep } from '../../../apps/reflector/src/orphan-requests-step.service.js';
import { ReflectorPass } from '../../../apps/reflector/src/reflector-pass.service.js';
import { SHARING, SharedWalks } from '../../../apps/reflector/src/walk/shared-walks.service.js';
import { TrackedTasksStep } from '../../../apps/reflector/src/tracked-tasks-step.service.js';
import { MissedRunsStep } from '../../../apps/reflector/src/missed-runs-step.service.js';
import { TaskExceptionService } from '../../../apps/tc-listener/src/task-exception.service.js';
import { readTaskMessage } from '../../../apps/tc-listener/src/task-message.js';
import { TaskPendingService } from '../../../apps/tc-listener/src/task-pending.service.js';
import { type Outcome, Settlement } from '../../../libs/pulse/src/messages/settlement.js';
import type { QueueName } from './bus.js';
import { Gate } from './gate.js';
import { openPorts } from './ports.js';
import { CONFIGURATION, INTERVAL, POLICY, rulesFor } from './settings.js';
import { behindGate, type KeptMessages } from './stores.js';
import type { Simulation } from '../simulation.js';

export type Service = 'tc-listener' | 'bb-listener' | 'reflector';

export const SUBSCRIPTIONS: Record<Service, QueueName[]> = {
  'tc-listener': ['task-pending', 'task-exception'],
  'bb-listener': ['started', 'log_uploaded'],
  reflector: [],
};

class Silence extends Telemetry {
  count(): void {}
  observe(): void {}
  set(): void {}
}

class SkewedClock extends Clock {
  skew = 0;

  constructor(private readonly truth: () => number) {
    super();
  }

  now(): number {
    return this.truth() + this.skew;
  }
}

/** One process of the bridge: the real services and rules on ports that it alone uses. */
export class Instance {
  readonly gate: Gate;
  readonly clock: SkewedClock;
  readonly settlement: Settlement;
  /** It has stopped consuming, until the bridge's database answers. */
  isPausedByDatabase = false;
  readonly #messages: KeptMessages;
  readonly #handlers: Record<QueueName, (payload: unknown) => Promise<void>>;
  readonly #pass: ReflectorPass;

  constructor(
    readonly service: Service,
    simulation: Simulation,
  ) {
    const { mutant } = simulation;
    this.clock = new SkewedClock(() => simulation.now());
    const telemetry = new Silence();
    this.gate = new Gate(simulation, () => simulation.locks.releaseAll(this.gate));
    const right = openPorts(simulation, this.gate, mutant.trustsNumbers);
    const queue = mutant.queue?.(right.queue) ?? right.queue;
    queue.readClockOffset = () => -this.clock.skew;
    const buildbot = mutant.buildbot?.(right.buildbot) ?? right.buildbot;
    const store = mutant.store?.(right.store) ?? right.store;
    this.#messages = behindGate(simulation.kept, this.gate);
    const turns = behindGate(simulation.turns, this.gate);
    const passes = behindGate(simulation.passes, this.gate);
    const { areShared } = simulation;
    const paging = areShared
      ? { ...CONFIGURATION, reflector: { ...CONFIGURATION.reflector, batch: 1 } }
      : CONFIGURATION;
    const walks = new SharedWalks(store, behindGate(simulation.walks, this.gate), this.clock, paging);
    // Nobody waits in the model, so the parts of others are counted or not.
    walks.sharing = { ...SHARING, looks: 1, ...(areShared ? { offeredAfter: 0, pages: 1 } : {}) };
    const brake = new AbsenceBrake(passes, this.clock, CONFIGURATION);

    const reconciler = new Reconciler(
      queue,
      buildbot,
      store,
      passes,
      this.clock,
      telemetry,
      rulesFor(simulation.farm.kind),
      mutant.rules,
    );
    this.settlement = new Settlement(
      mutant.messages?.(this.#messages) ?? this.#messages,
      this.clock,
      CONFIGURATION.parking,
      async () => {
        this.isPausedByDatabase = true;
      },
    );
    const builds = new TrackedBuilds(store, reconciler, queue);
    const started = new BuildStartedService(builds);
    const finished = new BuildFinishedService(builds);
    const pending = new TaskPendingService(reconciler);
    const exception = new TaskExceptionService(store, reconciler);
    this.#handlers = {
      'task-pending': (payload) => pending.handle(readTaskMessage(payload)),
      'task-exception': (payload) => exception.handle(readTaskMessage(payload)),
      started: (payload) => started.handle(readStarted(payload)),
      log_uploaded: (payload) => finished.handle(readLogUploaded(payload)),
    };
    const missed = new MissedRunsStep(store, buildbot, reconciler, POLICY, CONFIGURATION);
    const orphans = new OrphanRequestsStep(
      queue,
      buildbot,
      mutant.rowsOfOrphans?.(store) ?? store,
      this.clock,
      reconciler,
      POLICY,
      brake,
      CONFIGURATION,
    );
    const tracked = new TrackedTasksStep(
      queue,
      buildbot,
      walks,
      reconciler,
      brake,
      this.clock,
      CONFIGURATION,
    );
    const parts = mutant.parts?.({ tracked, missed, orphans }) ?? { tracked, missed, orphans };
    this.#pass = new ReflectorPass(
      parts.tracked,
      parts.missed,
      parts.orphans,
      queue,
      mutant.turns?.(turns) ?? turns,
      walks,
      reconciler,
      this.clock,
      telemetry,
      CONFIGURATION,
    );
  }

  get isAlive(): boolean {
    return !this.gate.isDead;
  }

  /** Whether it can begin something. */
  get isAwake(): boolean {
    return this.isAlive && !this.gate.isPaused;
  }

  /** Handles a message and answers for it; the caller takes it off the queue once it is answered for. */
  async deliver(message: ReceivedMessage): Promise<Outcome> {
    const outcome = await this.settlement.settleDelivered(message, () => this.#handle(message));
    if (outcome === 'requeued') return outcome;
    try {
      await this.gate.call('broker', 'ack', 'effect', () => undefined);
      return outcome;
    } catch {
      return 'requeued';
    }
  }

  /** Tries parked messages that are due. */
  async retryParked(tried: (kept: KeptMessage, outcome: Outcome) => void): Promise<void> {
    const names = SUBSCRIPTIONS[this.service];
    if (names.length === 0 || this.isPausedByDatabase) return;
    const now = this.clock.now();
    try {
      const due = await this.#messages.takeDue(names, now, now + CONFIGURATION.parking.reservation, 100);
      await Promise.all(
        due.map(async (kept) =>
          tried(kept, await this.settlement.settleKept(kept, () => this.#handle(kept))),
        ),
      );
    } catch {
      this.isPausedByDatabase = true;
    }
  }

  /** One pass of the reflector, or the one under way. */
  async pass(): Promise<void> {
    await this.#pass.run({ least: INTERVAL, most: INTERVAL });
  }

  #handle({ subscription, body }: ReceivedMessage): Promise<void> {
    return Promise.resolve(JSON.parse(body) as unknown).then(this.#handlers[subscription as QueueName]);
  }
}
