import { Refused, Unavailable } from '@bbb/rules';

/** What the bridge talks to. */
export type System = 'bridge-db' | 'taskcluster' | 'scheduler-db' | 'self-serve' | 'buildbot' | 'broker';

/** Why an answer of somebody else in the place of a system is none. */
export const FOREIGN_ANSWER = 'an answer without its signature';

export type FaultKind = 'kill' | 'pause' | 'error' | 'conflict' | 'forbidden' | 'hang' | 'late';

/** One fault: at the call that comes after `skip` others, before or after its effect. */
export interface Fault {
  skip: number;
  moment: 'before' | 'after';
  kind: FaultKind;
  /** Counts effects only, and leaves reads alone. */
  effectsOnly?: boolean;
  /** Counts calls of this name only. */
  name?: string;
}

export interface GateCall {
  system: System;
  name: string;
  kind: 'read' | 'effect';
}

/** What a gate needs to know of the simulation around it. */
export interface GateSurroundings {
  now(): number;
  /** Why there is no usable answer from a system; undefined when there is one. */
  outageOf(system: System): string | undefined;
  /** Carries out a call that has long been given up. */
  later(work: () => unknown): void;
  /** A fault has struck. */
  struck(fault: Fault, call: GateCall): void;
}

/** Seconds after which a call without an answer is given up: every call of the bridge has a time limit. */
const CALL_LIMIT = 30;

/**
 * All calls of one process to the outside pass here. It can be killed (what it waits for never comes), paused (it goes
 * on where it stood, later), and have single calls fail.
 */
export class Gate {
  readonly calls: GateCall[] = [];
  fault?: Fault;
  /** What this process alone cannot reach. */
  cutOffFrom?: System;
  /** Keeps the list of calls; off in long runs. */
  recording = false;
  /** Lets a call fail: before its effect, or after it, so that only the reply is lost. */
  failWith?: (call: GateCall, moment: Fault['moment']) => Error | undefined | void;
  /** Awaited before every call: a scheduler put here decides whose call comes next. */
  hold?: (call: GateCall) => Promise<void>;
  #dead = false;
  #pausedAt?: number;
  #waiting: (() => void)[] = [];
  #hanging: { until: number; giveUp: () => void }[] = [];

  constructor(
    private readonly simulation: GateSurroundings,
    private readonly onKill: () => void,
  ) {}

  get isDead(): boolean {
    return this.#dead;
  }

  get isPaused(): boolean {
    return this.#pausedAt !== undefined;
  }

  /** Since when it stands still; undefined while it runs. */
  get pausedAt(): number | undefined {
    return this.#pausedAt;
  }

  kill(): void {
    if (this.#dead) return;
    this.#dead = true;
    this.#waiting = [];
    this.#hanging = [];
    this.onKill();
  }

  pause(): void {
    this.#pausedAt ??= this.simulation.now();
  }

  resume(): void {
    this.#pausedAt = undefined;
    this.#waiting.splice(0).forEach((goOn) => goOn());
  }

  /** Gives up calls that have hung for too long. */
  tick(): void {
    const due = this.#hanging.filter(({ until }) => until <= this.simulation.now());
    this.#hanging = this.#hanging.filter((call) => !due.includes(call));
    due.forEach(({ giveUp }) => giveUp());
  }

  async call<T>(
    system: System,
    name: string,
    kind: GateCall['kind'],
    work: () => T | Promise<T>,
  ): Promise<T> {
    const call: GateCall = { system, name, kind };
    if (this.recording) this.calls.push(call);
    if (this.hold) await this.hold(call);
    this.#fail(call, 'before');
    const fault = this.#struckBy(call);
    if (fault?.kind === 'late' && call.system === 'buildbot') this.simulation.later(work);
    if (fault && isBefore(fault)) await this.#suffer(fault, call);
    // What was killed or paused while it was about to go on does not.
    do await this.#proceed();
    while (this.#standsStill);
    const outage = this.cutOffFrom === system ? 'unreachable from here' : this.simulation.outageOf(system);
    if (outage !== undefined) throw new Unavailable(system, outage);
    try {
      const result = await work();
      this.#fail(call, 'after');
      return result;
    } finally {
      // A refusal may get lost on its way as well.
      if (fault && !isBefore(fault)) await this.#suffer(fault, call);
      do await this.#proceed();
      while (this.#standsStill);
    }
  }

  #fail(call: GateCall, moment: Fault['moment']): void {
    const error = this.failWith?.(call, moment);
    if (error) throw error;
  }

  #struckBy({ kind, name }: GateCall): Fault | undefined {
    const { fault } = this;
    if (!fault || (fault.effectsOnly && kind === 'read')) return undefined;
    if (fault.name !== undefined && fault.name !== name) return undefined;
    if (fault.skip-- > 0) return undefined;
    this.fault = undefined;
    return fault;
  }

  async #suffer(fault: Fault, call: GateCall): Promise<void> {
    this.simulation.struck(fault, call);
    switch (fault.kind) {
      case 'kill':
        this.kill();
        return;
      case 'pause':
        this.pause();
        return;
      case 'error':
        throw new Unavailable(call.system, 'a fault');
      case 'conflict':
        throw call.system === 'taskcluster' && call.kind === 'effect'
          ? new Refused('taskcluster', 409, 'RequestConflict', 'a fault')
          : new Unavailable(call.system, 'a fault');
      case 'forbidden':
        throw new Refused(call.system, 403, 'InsufficientScopes', 'a fault');
      case 'hang':
      case 'late':
        await new Promise<void>((giveUp) =>
          this.#hanging.push({ until: this.simulation.now() + CALL_LIMIT, giveUp }),
        );
        throw new Unavailable(call.system, 'no answer');
    }
  }

  get #standsStill(): boolean {
    return this.#dead || this.isPaused;
  }

  async #proceed(): Promise<void> {
    while (this.#standsStill) await new Promise<void>((goOn) => this.#waiting.push(goOn));
  }
}

function isBefore({ kind, moment }: Fault): boolean {
  return moment === 'before' || kind === 'late';
}
