import { classifyResults, chooseResolution, type Run, type TaskStatus, type TrackedTask } from '@bbb/rules';
import { type Farm, type RequestRow, stateOf } from '../buildbot/farm.js';
import { RULES } from '../bridge/settings.js';

const LOST = ['claim-expired', 'worker-shutdown', 'intermittent-task'];

/** What a process has last seen of a task, and how. */
export interface Sight {
  status?: TaskStatus;
  how: 'single' | 'batch';
}

export class Seen {
  readonly #sights = new Map<string, Sight>();

  note(taskId: string, status: TaskStatus | undefined, how: Sight['how']): void {
    this.#sights.set(taskId, { status, how });
  }

  of(taskId: string): Sight | undefined {
    return this.#sights.get(taskId);
  }
}

/** An effect of the bridge on a task. */
export interface QueueAct {
  taskId: string;
  runId?: number;
  before?: TaskStatus;
  after?: TaskStatus;
  seen?: Sight;
}

/** Checks every effect of the bridge, at the moment it happens, against what must never happen. */
export class Watch {
  readonly violations: string[] = [];
  /** Tasks whose payload nobody may have built. */
  readonly refusable = new Set<string>();
  /** The bridge's database was lost: its rows could not tell of earlier requests. */
  hasLostRows = false;

  constructor(
    private readonly farm: Farm,
    private readonly statusOf: (taskId: string) => TaskStatus | undefined,
    private readonly rowOf: (taskId: string) => TrackedTask | undefined,
    private readonly now: () => number,
  ) {}

  violate(rule: string, facts: Record<string, unknown>): void {
    this.violations.push(`${rule} ${JSON.stringify(facts)}`);
  }

  /** S1, S4, S6. */
  inserted({ buildRequestId, spec }: RequestRow, seen: Sight | undefined): void {
    const { taskId, createdForRunId, scheduledAt } = spec;
    const same = this.farm
      .of(taskId)
      .filter(
        ({ spec: other, wasDropped }) =>
          !wasDropped && other.createdForRunId === createdForRunId && other.scheduledAt === scheduledAt,
      );
    if (same.length > 1) this.violate('S1: a request key has two requests', { taskId, buildRequestId });
    if (this.farm.openOf(taskId).length > 1 && !this.hasLostRows) {
      this.violate('S1: a task has two open requests', { taskId, buildRequestId });
    }
    const run = seen?.status?.runs.at(-1);
    if (run?.state !== 'pending')
      this.violate('S4: a request for a run that was not seen pending', { taskId, run });
    const row = this.rowOf(taskId);
    if (!this.hasLostRows && (row?.buildRequestId !== null || row.runId < createdForRunId)) {
      this.violate('S4: a request whose creation had been given up', { taskId, buildRequestId, row });
    }
    if (this.refusable.has(taskId)) this.violate('S6: a request for a refused payload', { taskId });
  }

  /** S5: a build is to be stopped. */
  stopped(buildId: number): void {
    const [taskId] = this.othersServed(buildId);
    if (taskId !== undefined)
      this.violate('S5: a build was stopped that serves a live run', { taskId, buildId });
  }

  /** The tasks whose live runs are served by a build of another request. */
  othersServed(buildId: number): string[] {
    return this.farm.sharers(buildId).flatMap((id) => {
      const row = this.farm.requests.get(id);
      const { taskId } = row?.spec ?? {};
      const status = taskId === undefined ? undefined : this.statusOf(taskId);
      const run = status?.runs.at(-1);
      if (!status || !run || !isLive(run)) return [];
      return this.farm.servingRun(status.taskId, status.runs, run.runId) === row ? status.taskId : [];
    });
  }

  acted(name: string, act: QueueAct): void {
    const { taskId, runId, before, after } = act;
    const run = after?.runs[runId ?? -1];
    const was = before?.runs[runId ?? -1];
    const changed = was?.state !== run?.state;
    const own = this.#requestOf(taskId, after, runId);
    switch (name) {
      case 'claim':
      case 'reclaim':
        if (!own && !this.refusable.has(taskId))
          this.violate(`S3: ${name} without a request`, { taskId, runId });
        if (runId !== (before?.runs.length ?? 0) - 1)
          this.violate(`S3: ${name} of an old run`, { taskId, runId });
        return;
      case 'report-completed':
      case 'report-failed':
        if (changed) this.#reported(name, taskId, runId, own);
        return;
      case 'report-worker-shutdown':
        if (changed) this.#retried(taskId, after, own);
        return;
      case 'report-malformed-payload':
        if (changed && !this.refusable.has(taskId)) this.#reported(name, taskId, runId, own);
        return;
      case 'cancel':
        this.#cancelled(act);
        return;
      case 'rerun':
        this.#rerun(act);
        return;
      default:
        return;
    }
  }

  /** S9. */
  changed(before: TrackedTask, after: TrackedTask): void {
    if (after.runId < before.runId) this.violate('S9: runId went back', { before, after });
    const sameClaim = after.runId === before.runId && before.takenUntil !== null;
    if (sameClaim && (after.takenUntil ?? 0) < (before.takenUntil ?? 0)) {
      this.violate('S9: takenUntil went back', { before, after });
    }
  }

  /** S7. */
  forgotten(row: TrackedTask): void {
    const { taskId, runId, buildRequestId } = row;
    const status = this.statusOf(taskId);
    const run = status?.runs[runId];
    const request = this.farm.requests.get(buildRequestId ?? -1);
    const unrecorded = buildRequestId === null ? this.#requestOf(taskId, status, runId) : undefined;
    if (unrecorded && !unrecorded.complete)
      this.violate('S7: a creation was given up whose request is open', { ...row });
    if (request && !request.complete) this.violate('S7: the row of an open request was deleted', { ...row });
    if (request && isLive(run)) this.violate('S7: the row of a live run was deleted', { ...row });
  }

  /** S2: the report says what the last build of the task's own request came to. */
  #reported(name: string, taskId: string, runId: number | undefined, own: RequestRow | undefined): void {
    const state = own && stateOf(own);
    const facts = { taskId, runId, name, state };
    if (state?.at !== 'finished') return this.violate('S2: a result without a finished build', facts);
    if (classifyResults(state.results) !== 'result')
      return this.violate('S2: a result of a cancelled build', facts);
    const resolution = chooseResolution(state.results, RULES.results);
    const expected = resolution.report === 'exception' ? resolution.reason : resolution.report;
    if (name !== `report-${expected}`) this.violate('S2: another result than the build had', facts);
  }

  /** A run ends for a RETRY only as often as builds of its request were lost. */
  #retried(taskId: string, status: TaskStatus | undefined, own: RequestRow | undefined): void {
    if (!own || !status) return;
    const isLastLost = own.wasDropped || own.builds.at(-1)?.wasGivenBack;
    const lost = own.builds.length - 1 + (isLastLost ? 1 : 0);
    const retried = status.runs.filter(
      ({ runId, reasonResolved }) =>
        reasonResolved === 'worker-shutdown' && this.#requestOf(taskId, status, runId) === own,
    );
    if (retried.length > lost) {
      this.violate('S2: a run was ended for a retry that was none', {
        taskId,
        lost,
        retried: retried.length,
      });
    }
  }

  /** The task is cancelled only for its newest request that was cancelled. */
  #cancelled({ taskId, before, after, seen }: QueueAct): void {
    const run = before?.runs.at(-1);
    if (!isLive(run) || after?.runs.at(-1)?.reasonResolved !== 'canceled') return;
    const own = this.#requestOf(taskId, before, run?.runId);
    if (own && stateOf(own).at === 'cancelled') return;
    if (own && own.complete && classifyResults(own.results) === 'cancelled') return;
    const saw = seen?.status?.runs.at(-1)?.runId;
    // No call of Taskcluster's names the run to cancel: what comes between a fresh look and the call cannot be helped.
    if (seen?.how === 'single' && saw !== run?.runId) return;
    this.violate('S5: a task was cancelled whose build was not', { taskId, saw, run: run?.runId });
  }

  #rerun({ taskId, before, after, seen }: QueueAct): void {
    if ((after?.runs.length ?? 0) === (before?.runs.length ?? 0)) return;
    const last = before?.runs.at(-1);
    if (LOST.includes(last?.reasonResolved ?? '')) return;
    const saw = seen?.status?.runs.at(-1);
    if (seen?.how === 'single' && LOST.includes(saw?.reasonResolved ?? '')) return;
    this.violate('S5: a task was rerun that somebody else had ended', { taskId, last, at: this.now() });
  }

  #requestOf(taskId: string, status: TaskStatus | undefined, runId = -1): RequestRow | undefined {
    return status && this.farm.servingRun(taskId, status.runs, runId);
  }
}

function isLive(run: Run | undefined): boolean {
  return run?.state === 'pending' || run?.state === 'running';
}
