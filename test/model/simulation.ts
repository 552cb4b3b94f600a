import type { ReceivedMessage, TaskStatus, TrackedTask } from '@bbb/rules';
import type { Outcome } from '../../libs/pulse/src/messages/settlement.js';
import { exampleTask, QUEUE_EXCHANGE_PREFIX, QueueState } from '../../sandbox/taskcluster/index.js';
import { Agent } from './buildbot/agent.js';
import { checkAck } from './watch/answers.js';
import { Bus, type BusMessage, type QueueName } from './bridge/bus.js';
import { type BuildbotKind, Farm } from './buildbot/farm.js';
import type { Fault, GateCall, GateSurroundings, System } from './bridge/gate.js';
import { Instance, type Service, SUBSCRIPTIONS } from './bridge/instance.js';
import { Locks } from './buildbot/locks.js';
import { Master } from './buildbot/master.js';
import { ModernMaster } from './buildbot/modern-master.js';
import { statusOf } from './taskcluster/queue-answers.js';
import type { Mutant } from './bridge/mutant.js';
import { BUILDER, INTERVAL } from './bridge/settings.js';
import { MemoryWalkStore } from '../support/doubles/memory-walk-store.js';
import { KeptMessages, MemoryTurnStore, WatchedPassStore, WatchedTaskStore } from './bridge/stores.js';
import { Watch } from './watch/watch.js';

export interface SimulationOptions {
  kind?: BuildbotKind;
  instances?: readonly Service[];
  /** Request ids that a build message names at most. */
  idLimit?: number;
  mutant?: Mutant;
  /** Each row of a pass is offered to all reflectors, as a part of its own. */
  areShared?: boolean;
}

export type TaskKind = 'good' | 'malformed' | 'forbidden' | 'unknown-builder';

export interface NewTask {
  kind?: TaskKind;
  retries?: number;
  /** Seconds from now. */
  deadline?: number;
  revision?: string;
}

const ALL: readonly Service[] = [
  'tc-listener',
  'tc-listener',
  'bb-listener',
  'bb-listener',
  'reflector',
  'reflector',
];

/** Seconds after which the broker takes a silent process for gone. */
const HEARTBEATS = 90;

/** Seconds after which a call over HTTP that has long been given up is carried out. */
const LATE = 200;

/** Seconds of one step of the clock, while somebody might have something to do. */
const STEP = 60;

/**
 * Both sides of the bridge, the bridge between them, and the time. Nothing happens but by a call of one of its
 * methods, so that the same calls lead to the same end.
 */
export class Simulation implements GateSurroundings {
  readonly mutant: Mutant;
  readonly areShared: boolean;
  readonly bus = new Bus();
  readonly farm: Farm;
  readonly queue: QueueState;
  readonly masters: Master[];
  readonly agent: Agent;
  readonly locks: Locks;
  readonly watch: Watch;
  readonly rows: WatchedTaskStore;
  readonly kept = new KeptMessages();
  readonly turns = new MemoryTurnStore();
  readonly walks = new MemoryWalkStore();
  readonly passes: WatchedPassStore;
  readonly instances: Instance[];
  readonly taskIds: string[] = [];
  readonly outages = new Map<System, { until: number; why: string }>();
  /** What a backup of each database holds. */
  readonly backups: { farm?: ReturnType<Farm['save']>; rows?: TrackedTask[] } = {};
  #taskclusterIsEmptyUntil = 0;
  #late: { at: number; work: () => unknown }[] = [];
  /** How often each kind of fault has struck. */
  readonly faults = new Map<string, number>();
  #now = 1_500_000_000;

  constructor({
    kind = 'legacy',
    instances = ALL,
    idLimit = 100,
    mutant = {},
    areShared = false,
  }: SimulationOptions = {}) {
    this.mutant = mutant;
    this.areShared = areShared;
    this.farm = new Farm(() => this.now(), kind);
    this.queue = new QueueState({
      clock: { now: () => this.now() },
      publish: (exchange, _key, { payload }) => {
        const name = exchange.slice(QUEUE_EXCHANGE_PREFIX.length);
        if (name === 'task-pending' || name === 'task-exception') this.bus.publish(name, payload);
      },
    });
    const tell = (kind: 'started' | 'log_uploaded', body: unknown) => this.bus.publish(kind, body);
    this.masters =
      kind === 'legacy'
        ? ['bm01', 'bm02'].map((name) => new Master(name, 7, this.farm, tell, idLimit))
        : ['bm01', 'bm02'].map(
            (name, index) => new ModernMaster(name, 7 + 1000 * index, this.farm, () => undefined, 1),
          );
    this.agent = new Agent(this.farm, this.masters);
    this.locks = new Locks(() => this.now(), mutant.noLock);
    this.watch = new Watch(
      this.farm,
      (taskId) => this.statusOf(taskId),
      (taskId) => this.rows.rows.get(taskId),
      () => this.now(),
    );
    this.rows = new WatchedTaskStore(this.watch);
    this.passes = new WatchedPassStore(this.watch);
    this.instances = instances.map((service) => new Instance(service, this));
  }

  now(): number {
    return this.#now;
  }

  outageOf(system: System): string | undefined {
    return this.outages.get(system)?.why;
  }

  later(work: () => unknown): void {
    this.#late.push({ at: this.#now + LATE, work });
  }

  struck({ kind, moment }: Fault, { kind: of }: GateCall): void {
    this.count(`${kind} ${moment} ${of}`);
  }

  count(fault: string): void {
    this.faults.set(fault, (this.faults.get(fault) ?? 0) + 1);
  }

  statusOf(taskId: string): TaskStatus | undefined {
    return this.taskIds.includes(taskId) ? statusOf(this.queue.status(taskId)) : undefined;
  }

  /** Users create a task. */
  create({ kind = 'good', retries = 5, deadline = 86_400, revision = 'cd5fab20f6bd' }: NewTask = {}): string {
    const taskId = `task${String(this.taskIds.length).padStart(4, '0')}QaCaaaaaaaaaaA`;
    const buildername = {
      good: BUILDER,
      malformed: BUILDER,
      forbidden: 'release-x',
      'unknown-builder': 'typo',
    }[kind];
    const branch = 'https://hg.example.com/main';
    this.taskIds.push(taskId);
    if (kind !== 'good') this.watch.refusable.add(taskId);
    this.queue.createTask(taskId, {
      ...exampleTask(this.#now),
      deadline: new Date((this.#now + deadline) * 1000).toISOString(),
      retries,
      payload: {
        buildername,
        sourcestamp: { branch, revision },
        properties: { product: 'example' },
        ...(kind === 'malformed' && { strange: true }),
      },
    });
    return taskId;
  }

  /** Lets everything go on that can go on without time passing. */
  async drain(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** As {@link drain}; what killed processes had of the broker's is handed out again. */
  async settle(): Promise<void> {
    await this.drain();
    this.#handBack();
  }

  /** The bridge's database is restored from a backup, or made anew, empty. */
  restoreRows(backup: readonly TrackedTask[] = []): void {
    this.watch.hasLostRows = true;
    this.rows.rows.clear();
    for (const row of backup) this.rows.rows.set(row.taskId, row);
    this.kept.kept.clear();
    this.turns.taken.clear();
    this.walks.offered = undefined;
  }

  /** Buildbot's database is restored from a backup, or replaced by an empty one; its masters start anew with it. */
  restoreRequests(backup?: ReturnType<Farm['save']>): void {
    this.watch.hasLostRequests = true;
    this.masters.forEach((master) => master.kill());
    this.agent.jobs.length = 0;
    this.farm.load(backup);
    this.masters.forEach((master) => master.restart());
  }

  /** Something an instance does; it may be cut off, so nobody waits for it. */
  begin(work: Promise<unknown>): void {
    void work;
  }

  deliver(message: BusMessage, instance: Instance): void {
    if (message.isOut || !instance.isAwake || instance.isPausedByDatabase) return;
    message.isOut = true;
    this.#out.set(message, instance);
    const work = instance.deliver(message).then((outcome) => {
      // Its connection may have been lost meanwhile, and the message be somebody else's.
      if (this.#out.get(message) !== instance) return;
      this.#out.delete(message);
      if (!this.bus.messages.includes(message)) return;
      if (outcome === 'requeued') message.isOut = false;
      else {
        this.bus.remove(message);
        this.answered(message, outcome);
      }
    });
    this.begin(work);
  }

  readonly #out = new Map<BusMessage, Instance>();

  /** S8: whatever is answered for has been done, or is kept. */
  answered(message: ReceivedMessage, outcome: Outcome): void {
    checkAck(this, message, outcome);
  }

  /** kill -9; what it had of the broker's is handed out again. */
  kill(instance: Instance): void {
    instance.gate.kill();
    this.#handBack();
  }

  #handBack(): void {
    for (const [message, instance] of [...this.#out]) {
      const { pausedAt } = instance.gate;
      const isCutOff = pausedAt !== undefined && this.#now - pausedAt >= HEARTBEATS;
      if (instance.isAlive && !isCutOff) continue;
      this.#out.delete(message);
      message.isOut = false;
    }
  }

  /** A process takes the place of one that is gone. */
  restart(instance: Instance): Instance {
    this.kill(instance);
    const next = new Instance(instance.service, this);
    next.clock.skew = instance.clock.skew;
    this.instances[this.instances.indexOf(instance)] = next;
    return next;
  }

  add(service: Service): void {
    this.instances.push(new Instance(service, this));
  }

  of(service: Service): Instance[] {
    return this.instances.filter((instance) => instance.service === service);
  }

  /** Who could be handed a message of this queue now. */
  consumersOf(queue: QueueName): Instance[] {
    return this.instances.filter(
      (instance) =>
        SUBSCRIPTIONS[instance.service].includes(queue) && instance.isAwake && !instance.isPausedByDatabase,
    );
  }

  /** @param why what the bridge gets in the place of an answer */
  outage(system: System, seconds: number, why = 'away'): void {
    this.outages.set(system, { until: this.#now + seconds, why });
    this.kept.unavailable = this.outages.has('bridge-db');
    this.count(`${system} ${why}`);
  }

  /** Taskcluster answers as one that has no task. */
  emptyTaskcluster(seconds: number): void {
    this.#taskclusterIsEmptyUntil = this.#now + seconds;
    this.watch.isTaskclusterEmpty = seconds > 0;
  }

  /** Time passes, with whatever is due in it. */
  async advance(seconds: number, step = STEP): Promise<void> {
    const end = this.#now + seconds;
    while (this.#now < end) {
      const before = this.#now;
      this.#now = Math.min(end, this.#now + step);
      await this.#tick(before);
    }
  }

  async #tick(before: number): Promise<void> {
    for (const [system, { until }] of this.outages) if (until <= this.#now) this.outages.delete(system);
    if (this.#taskclusterIsEmptyUntil <= this.#now) this.watch.isTaskclusterEmpty = false;
    this.kept.unavailable = this.outages.has('bridge-db');
    this.#carryOutLate();
    this.queue.tick();
    this.masters.forEach((master) => master.tick());
    this.locks.tick();
    this.instances.forEach(({ gate }) => gate.tick());
    await this.drain();
    this.#handBack();
    for (const [index, instance] of this.instances.entries()) {
      if (!instance.isAwake) continue;
      if (!this.outages.has('bridge-db')) instance.isPausedByDatabase = false;
      // Every reflector has its own second of the minute.
      const phase = index * 7;
      const isDue = Math.floor((this.#now - phase) / INTERVAL) > Math.floor((before - phase) / INTERVAL);
      if (instance.service === 'reflector') {
        if (!isDue) continue;
        this.begin(instance.pass());
      } else {
        if (this.kept.kept.size === 0) continue;
        this.begin(instance.retryParked((kept, outcome) => this.answered(kept, outcome)));
      }
      await this.drain();
    }
  }

  #carryOutLate(): void {
    const due = this.#late.filter(({ at }) => at <= this.#now);
    this.#late = this.#late.filter((call) => !due.includes(call));
    for (const { work } of due) {
      try {
        work();
      } catch {
        // Nobody hears any more how it went.
      }
    }
  }

  /** Nothing is left to be done, and nobody is at it. */
  get isAtRest(): boolean {
    const { bus, agent, rows, kept } = this;
    return (
      this.#late.length === 0 &&
      bus.messages.length === 0 &&
      agent.jobs.length === 0 &&
      rows.rows.size === 0 &&
      ![...kept.kept.values()].some(({ state }) => state === 'parked') &&
      this.taskIds.every((taskId) => this.farm.openOf(taskId).length === 0 && !isOpen(this.statusOf(taskId)))
    );
  }
}

function isOpen(status: TaskStatus | undefined): boolean {
  return status?.state === 'pending' || status?.state === 'running';
}
