import type { Run, TaskStatus } from '@bbb/rules';
import type { RequestRow } from '../buildbot/farm.js';
import { INTERVAL, WORKER } from '../bridge/settings.js';
import type { Simulation } from '../simulation.js';

/** Seconds within which things must happen once everything works. */
export const BOUNDS = {
  'L1: a pending task has no request': 90,
  'S6: a refused payload is not resolved': 90,
  'L2: a finished build’s run is not resolved': 720,
  'L2: the task of a running build is not claimed': 240,
  'L2: the run of a dropped request goes on': 120,
  'L3: the request of a dead task is still open': 120,
  'L3: the task of a cancelled request still lives': 120,
  'L5: a row stays although both sides are at their end': 120,
  'L5: an open request has no row': 180,
} as const;

type Rule = keyof typeof BOUNDS;

/** Claimed tasks without a row are looked for this often only: with the rows lost, everything may take so much longer. */
const AFTER_LOSS = 600;

/**
 * With Buildbot's requests lost, an operator has to come (900 s), and then the absence to last (600 s). Passes that fail
 * meanwhile add to it: 1800 s were not enough in 2 of 8000 histories.
 */
const AFTER_ABSENCE = 2400;

/** Watches that what must happen happens in time. */
export class Liveness {
  readonly #since = new Map<string, number>();
  readonly #begun: number;
  #now: Set<string> = new Set();

  constructor(
    private readonly simulation: Simulation,
    private readonly patience = 0,
  ) {
    this.#begun = simulation.now();
  }

  check(): void {
    this.#now = new Set();
    for (const taskId of this.simulation.taskIds) this.#task(taskId);
    for (const key of this.#since.keys()) if (!this.#now.has(key)) this.#since.delete(key);
  }

  get #absence(): number {
    return (
      this.patience +
      (this.#areClocksOff ? INTERVAL : 0) +
      (this.simulation.watch.hasLostRequests ? AFTER_ABSENCE : 0)
    );
  }

  get #slack(): number {
    return (
      this.#absence + (this.simulation.watch.hasLostRows ? AFTER_LOSS * (this.#areClocksOff ? 2 : 1) : 0)
    );
  }

  get #areClocksOff(): boolean {
    return this.simulation.instances.some(({ clock }) => clock.skew !== 0);
  }

  #task(taskId: string): void {
    const { simulation } = this;
    const status = simulation.statusOf(taskId);
    const run = status?.runs.at(-1);
    if (!status || !run) return;
    const inTime = simulation.now() < status.deadline;
    const requests = simulation.farm.of(taskId);
    const own = simulation.farm.servingRun(taskId, status.runs, run.runId);
    const row = simulation.rows.rows.get(taskId);
    const isForeign = run.state === 'running' && run.workerId !== WORKER.workerId;

    if (run.state === 'pending' && inTime) {
      if (simulation.watch.refusable.has(taskId))
        this.#due('S6: a refused payload is not resolved', run, taskId);
      else if ((!own || own.wasDropped) && requests.every(({ complete }) => complete)) {
        this.#due('L1: a pending task has no request', run, taskId);
      }
    }
    if (isLive(run) && !isForeign && own) this.#live(status, run, own, inTime);
    for (const request of requests) {
      const isDead = !isLive(run) || request !== own;
      const canRerun = isLost(run) && request === own && inTime;
      if (!request.complete && isDead && !canRerun && this.#isStoppable(request)) {
        this.#due('L3: the request of a dead task is still open', run, taskId, request.buildRequestId);
      }
      if (!request.complete && row?.buildRequestId !== request.buildRequestId) {
        this.#due('L5: an open request has no row', run, taskId, request.buildRequestId);
      }
    }
    const request = simulation.farm.requests.get(row?.buildRequestId ?? -1);
    if (row && request?.complete && !isLive(status.runs[row.runId]) && !(isLost(run) && inTime)) {
      this.#due('L5: a row stays although both sides are at their end', run, taskId);
    }
    this.#claims(status);
  }

  /** A build that others share goes on for them. */
  #isStoppable(request: RequestRow): boolean {
    const build = request.builds.at(-1);
    const isShared =
      build?.finishTime === null && this.simulation.watch.othersServed(build.buildId).length > 0;
    return this.#canBeStopped(request) && !isShared;
  }

  /** Nothing can be stopped between claim and build, nor between a build's end and its request's, nor once it is lost. */
  #canBeStopped(request: RequestRow): boolean {
    const { at } = this.simulation.farm.stateOf(request);
    if (this.simulation.masters.some((master) => master.hasLost(request))) return false;
    return at === 'building' || (request.claimedAt === 0 && (at === 'waiting' || at === 'requeued'));
  }

  #live(status: TaskStatus, run: Run, own: RequestRow, inTime: boolean): void {
    const state = this.simulation.farm.stateOf(own);
    const { taskId } = status;
    if (
      state.at === 'finished' &&
      state.results !== 6 &&
      state.results !== 5 &&
      (inTime || run.state === 'running')
    ) {
      this.#due('L2: a finished build’s run is not resolved', run, taskId);
    }
    const isCancelled = state.at === 'cancelled' || (state.at === 'finished' && state.results === 6);
    if (isCancelled && inTime) this.#due('L3: the task of a cancelled request still lives', run, taskId);
    if (own.wasDropped && run.state === 'running')
      this.#due('L2: the run of a dropped request goes on', run, taskId);
    if (state.at === 'building' && run.state === 'pending' && inTime) {
      this.#due('L2: the task of a running build is not claimed', run, taskId);
    }
  }

  /** L4: a claim that had time left when everything worked again does not expire. */
  #claims({ taskId, runs }: TaskStatus): void {
    for (const { runId, reasonResolved, takenUntil = 0, workerId } of runs) {
      if (reasonResolved !== 'claim-expired' || workerId !== WORKER.workerId) continue;
      if (takenUntil > this.#begun + 90 + this.#slack) {
        this.simulation.watch.violate('L4: a claim expired', {
          taskId,
          runId,
          left: takenUntil - this.#begun,
        });
      }
    }
  }

  #due(rule: Rule, run: Run, taskId: string, buildRequestId?: number): void {
    const key = `${rule} ${taskId} ${run.runId} ${buildRequestId}`;
    this.#now.add(key);
    const since = this.#since.get(key) ?? this.simulation.now();
    this.#since.set(key, since);
    const waited = this.simulation.now() - since;
    const slack = rule === 'L5: an open request has no row' ? this.#absence : this.#slack;
    if (waited > BOUNDS[rule] + slack)
      this.simulation.watch.violate(rule, { taskId, runId: run.runId, buildRequestId, waited });
  }
}

function isLive({ state }: Pick<Run, 'state'> = { state: 'failed' }): boolean {
  return state === 'pending' || state === 'running';
}

function isLost({ state, reasonResolved = '' }: Run): boolean {
  return state === 'exception' && ['claim-expired', 'worker-shutdown'].includes(reasonResolved);
}
