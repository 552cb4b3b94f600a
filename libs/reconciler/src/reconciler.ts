import { Injectable, Logger } from '@nestjs/common';
import {
  Buildbot,
  Clock,
  explainCause,
  type Facts,
  type Journal,
  PassStore,
  Refused,
  TaskQueue,
  TaskStore,
  Telemetry,
  type TrackedTask,
  Unavailable,
  type Verdict,
} from '@bbb/rules';
import { AbsenceDoubt } from './absence-doubt.js';
import { recordDecisions } from './decisions.js';
import { type Explanation, explainSituation } from './explanation.js';
import { IgnoredBuilders } from './acts/ignored-builders.js';
import { isBuildShared, needsSharing } from './shared-build.js';
import { checkEventIsVisible } from './event-visibility.js';
import { KeyedLock } from './keyed-lock.js';
import { Observer } from './observer.js';
import { QueueClock } from './queue-clock.js';
import { SeenEnds } from './seen-ends.js';
import { isSettled, type Rules, RULES } from './rules.js';
import type { Given, Next, Situation } from './situation.js';
import type { ReconcilerSettings, ActContext } from './context.js';

/** More steps than any path through the decision table needs; when they are used up, an outside system keeps changing. */
const MAX_STEPS = 12;

/** Created with the value 0: a counter that appears with its first event shows no increase for it. */
const COUNTERS = [
  'build_requests_created_total',
  'payload_rejected_total',
  'artifact_failures_total',
] as const;

const NO_PAUSES: ActContext['pauses'] = { find: () => Promise.resolve(undefined) };

/** What operators see and order. */
export interface OperatorSide {
  journal?: Journal;
  pauses?: ActContext['pauses'];
}

/** Verdicts that need facts read for this decision: Taskcluster applies these calls to the run that is the latest then. */
const NEED_FRESH_FACTS: readonly Verdict[] = ['cancel-task', 'rerun'];

/** Verdicts that do not act on a build event. */
const IGNORE_EVENT: readonly Verdict[] = ['wait', 'reclaim', 'note-missing'];

/**
 * Brings both sides of one task into agreement: observes, decides and acts until nothing is left to do.
 *
 * Idempotent; safe to call repeatedly and concurrently. Calls for one task run one after the other.
 */
@Injectable()
export class Reconciler {
  readonly #locks = new KeyedLock();
  readonly #context: ActContext;
  readonly #doubt: AbsenceDoubt;
  readonly #observer: Observer;
  readonly #ends = new SeenEnds();
  #stopping = false;

  constructor(
    queue: TaskQueue,
    buildbot: Buildbot,
    store: TaskStore,
    passes: PassStore,
    private readonly machineClock: Clock,
    telemetry: Telemetry,
    settings: ReconcilerSettings,
    private readonly rules: Rules = RULES,
    { journal, pauses = NO_PAUSES }: OperatorSide = {},
  ) {
    this.#doubt = new AbsenceDoubt(passes);
    const logger = new Logger(Reconciler.name);
    const queueClock = new QueueClock(machineClock, queue);
    this.#context = {
      queue,
      buildbot,
      store,
      clock: queueClock,
      telemetry,
      settings,
      logger,
      pauses,
      decided: recordDecisions(logger, machineClock, journal),
      ignored: new IgnoredBuilders(logger),
    };
    this.#observer = new Observer(queue, buildbot, store, rules, logger);
    for (const counter of COUNTERS) telemetry.count(counter, {}, 0);
  }

  /** Stops each reconciliation after its current step; the rest is done after the restart. */
  stop(): void {
    this.#stopping = true;
  }

  get isStopping(): boolean {
    return this.#stopping;
  }

  /** Whether an operator has paused the creation of build requests for a builder. */
  async isPaused(buildername: string): Promise<boolean> {
    return (await this.#context.pauses.find(buildername)) !== undefined;
  }

  /**
   * @returns the last verdict
   * @throws Unavailable when an outside system is unavailable, or is to be asked again later
   * @throws Refused when an outside system refuses the same act twice, or refuses our credentials
   */
  reconcile(taskId: string, given: Given = {}): Promise<Verdict> {
    return this.#locks.run(taskId, async () => {
      let action = 'observe';
      try {
        action = await this.#reconcileStepwise(taskId, given, (verdict) => (action = verdict));
        this.#context.telemetry.count('reconciles_total', { action, outcome: 'ok' });
        return action as Verdict;
      } catch (error) {
        const outcome =
          error instanceof Refused ? 'refused' : error instanceof Unavailable ? 'unavailable' : 'error';
        this.#context.telemetry.count('reconciles_total', { action, outcome });
        throw error;
      }
    });
  }

  /**
   * Leaves out the tasks of a batch for which there is nothing to do: {@link reconcile} would find the same, at many times
   * the cost.
   *
   * @param batch rows with both sides as they were just read
   */
  selectUnsettled<Read extends Given>(batch: readonly Read[]): Read[] {
    const { clock, queue, settings, telemetry } = this.#context;
    const now = clock.now();
    const holds = (row: TrackedTask) => queue.holds(row);
    const unsettled = batch.filter(
      (given) => !isSettled(given, { rules: this.rules, settings, holds, ends: this.#ends, now }),
    );
    const settled = batch.length - unsettled.length;
    if (settled > 0) telemetry.count('reconciles_total', { action: 'wait', outcome: 'ok' }, settled);
    return unsettled;
  }

  /**
   * Observes and decides as {@link reconcile} does, and acts on nothing.
   *
   * @throws Unavailable when an outside system is unavailable
   */
  async explain(taskId: string, given: Given = {}): Promise<Explanation> {
    const observed = await this.#observer.observe(taskId, given);
    return explainSituation(observed, this.rules, this.#context.settings, this.#context.clock.now(), {
      doubt: this.#doubt,
      isShared: (seen) => this.#isShared(seen),
    });
  }

  async #reconcileStepwise(
    taskId: string,
    given: Given,
    onVerdict: (verdict: Verdict) => void,
  ): Promise<Verdict> {
    let situation = await this.#observer.observe(taskId, given);
    let refused: Verdict | undefined;
    for (let step = 0; step < MAX_STEPS; step++) {
      if (this.#stopping) throw new Unavailable('bridge', 'shutting down');
      const current = await this.#bringUpToDate(situation);
      if (!current) {
        situation = await this.#observer.observeAgain(situation);
        continue;
      }
      situation = { ...current, finishedFor: this.#ends.measure(current, this.#context.clock.now()) };
      const facts = this.#facts(situation);
      const verdict = this.rules.decide(facts);
      onVerdict(verdict);
      if (situation.source === 'batched' && NEED_FRESH_FACTS.includes(verdict)) {
        situation = await this.#observer.observeAgain(situation);
        continue;
      }
      if (this.#doubt.matters(situation, facts, verdict, this.rules.decide)) {
        situation = { ...situation, absenceDoubted: await this.#doubt.isOn() };
        continue;
      }
      if (needsSharing(situation, verdict)) {
        situation = { ...situation, shared: await this.#isShared(situation) };
        continue;
      }
      const cause = explainCause(verdict, facts, situation, this.#context.clock.now());
      const decidedAt = this.machineClock.now();
      const next = await this.#act(verdict, { ...situation, cause, decidedAt }, refused);
      if (next === undefined) refused = verdict;
      if (next?.then === 'done') {
        if (IGNORE_EVENT.includes(verdict)) checkEventIsVisible(situation);
        return verdict;
      }
      situation = next?.then === 'decide' ? next.situation : await this.#observer.observeAgain(situation);
    }
    throw new Unavailable('bridge', `task state kept changing (${MAX_STEPS} steps); will retry`);
  }

  /** Carries out a verdict. Undefined when it was refused for the first time: the state has changed since it was read. */
  async #act(
    verdict: Verdict,
    situation: Situation,
    refusedBefore: Verdict | undefined,
  ): Promise<Next | undefined> {
    try {
      return await this.rules.acts[verdict](situation, this.#context);
    } catch (error) {
      if (!(error instanceof Refused) || error.isConfiguration || refusedBefore === verdict) throw error;
      this.#context.telemetry.count('conflicts_total', { action: verdict });
      return undefined;
    }
  }

  async #isShared({ request }: Situation): Promise<boolean> {
    if (request?.state.at !== 'building') return false;
    return isBuildShared(request.state.build, this.#context, (seen) => {
      const now = this.#context.clock.now();
      return this.rules.decide(this.rules.factsOf(seen, this.#context.settings, now)) === 'cancel-request';
    });
  }

  #facts(situation: Situation): Facts {
    const { row } = situation;
    const isHeld = row === undefined || this.#context.queue.holds(row);
    return this.rules.factsOf({ ...situation, isHeld }, this.#context.settings, this.#context.clock.now());
  }

  /** The situation with its row brought up to date; undefined when another process has changed the row. */
  async #bringUpToDate(situation: Situation): Promise<Situation | undefined> {
    if (!situation.row) return situation;
    const changes = this.rules.catchUp(situation, this.#facts(situation));
    if (!changes) return situation;
    const row = await this.#context.store.change(situation.row, changes);
    return row && { ...situation, row };
  }
}
