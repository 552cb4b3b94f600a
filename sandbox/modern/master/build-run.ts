import type { BuilderConfiguration, StepPlan } from '../configuration.js';
import type { BuildRow, RequestRow, StepRow } from '../database/rows.js';
import { CANCELLED, RETRY, SUCCESS, WARNINGS } from '../results.js';
import type { MasterContext } from './context.js';
import type { WorkerSlot } from './worker.js';

/** A reason that says that the master is being stopped. */
export const SHUTDOWN = 'Master Shutdown';

/** What a build asks of its master. */
export interface BuildSite {
  readonly context: MasterContext;
  /** Requests a build of another builder. @returns the id of the request */
  trigger(builder: string, parent: BuildRow, ended: (results: number) => void): number;
  cancel(buildRequestId: number, reason: string): void;
  /** The build has ended, and its worker and locks are free. */
  ended(run: BuildRun, results: number): void;
}

/** One build, from its first step to its end. */
export class BuildRun {
  private readonly steps: StepPlan[];
  private step: { plan: StepPlan; row: StepRow } | undefined;
  private child: number | undefined;
  private results = SUCCESS;
  private isOver = false;
  private isCancelled = false;
  private forgetTimer = (): void => undefined;
  private finishEarly: (() => void) | undefined;

  constructor(
    private readonly site: BuildSite,
    readonly build: BuildRow,
    readonly request: RequestRow,
    readonly builder: BuilderConfiguration,
    readonly slot: WorkerSlot,
    steps: readonly StepPlan[],
  ) {
    this.steps = [...steps];
  }

  /** The worker is prepared first; a build that is stopped before its first step looks different afterwards. */
  begin(): void {
    const { database, times } = this.site.context;
    const preparation = database.addStep(this.build, 'worker_preparation');
    this.later(times.claim, () => {
      database.complete(preparation, SUCCESS);
      this.next();
    });
  }

  /** Ends the step that is under way; before the first one, ends that as soon as it begins. */
  finish(results?: number): void {
    if (this.step) this.endStep(results ?? this.step.plan.results ?? SUCCESS);
    else this.finishEarly = () => this.finish(results);
  }

  /** Takes effect when the worker answers. */
  cancel(reason: string): void {
    if (this.isOver || this.isCancelled) return;
    this.isCancelled = true;
    this.slot.process.deliver(() => {
      // The state of the build says why, too, but a real master can lose it.
      if (this.step) this.site.context.database.addLog(this.step.row, 'cancelled', `${reason}\n`);
      if (this.child !== undefined) this.site.cancel(this.child, reason);
      this.later(this.site.context.times.cancellation, () =>
        this.end(CANCELLED, `cancelled (${reason}) (cancelled)`),
      );
    });
  }

  /** The planned stop of the master. */
  shutDown(): void {
    if (this.step) this.cancel(SHUTDOWN);
    else this.end(RETRY, `retry (${SHUTDOWN})`);
  }

  loseWorker(): void {
    this.end(RETRY, 'retry lost connection');
  }

  /** The worker is no longer configured: the build ends, and the master does not release its request. */
  removeWorker(): void {
    this.abandon();
    this.site.context.database.complete(this.build, RETRY);
  }

  /** The master loses sight of the build: it never ends, and nothing has an effect on it until the master starts again. */
  abandon(): void {
    this.isOver = true;
    this.forgetTimer();
  }

  private next(): void {
    const plan = this.steps.shift();
    if (!plan) {
      this.end(this.results, this.results === SUCCESS ? 'build successful' : 'finished');
      return;
    }
    const { database, locks } = this.site.context;
    const row = database.addStep(this.build, plan.name);
    locks.take(plan.lock, () => {
      if (this.isOver) locks.release(plan.lock);
      else this.beginStep(plan, row);
    });
  }

  private beginStep(plan: StepPlan, row: StepRow): void {
    this.step = { plan, row };
    const { database } = this.site.context;
    if (plan.output !== undefined) database.addLog(row, 'stdio', plan.output);
    const properties = database.buildProperties.get(this.build.buildid)!;
    for (const [name, value] of Object.entries(plan.properties ?? {}))
      properties.set(name, [value, plan.name]);
    if (this.finishEarly) return this.finishEarly();
    if (plan.triggers !== undefined)
      this.child = this.site.trigger(plan.triggers, this.build, (results) => this.endStep(results));
    else if (!plan.hold) this.later(plan.duration ?? 0, () => this.endStep(plan.results ?? SUCCESS));
  }

  private endStep(results: number): void {
    if (this.isOver || !this.step) return;
    const { plan, row } = this.step;
    this.step = this.finishEarly = undefined;
    this.site.context.database.complete(row, results);
    this.site.context.locks.release(plan.lock);
    const counts =
      results > WARNINGS && results !== 3
        ? results
        : results === WARNINGS && plan.warnOnWarnings
          ? WARNINGS
          : SUCCESS;
    this.results = Math.max(this.results, counts);
    if (this.results > WARNINGS) this.end(this.results, `${plan.name} ended`);
    else this.next();
  }

  private end(results: number, text: string): void {
    if (this.isOver) return;
    this.isOver = true;
    this.forgetTimer();
    const { database, locks } = this.site.context;
    if (this.step) {
      database.complete(this.step.row, results);
      locks.release(this.step.plan.lock);
    }
    database.completeBuild(this.build, results, text);
    this.site.ended(this, results);
  }

  private later(seconds: number, act: () => void): void {
    this.forgetTimer();
    this.forgetTimer = this.site.context.agenda.after(seconds, () =>
      this.slot.process.deliver(() => {
        if (!this.isOver) act();
      }),
    );
  }
}
