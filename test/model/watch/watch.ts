import {
  type Absence,
  chooseResolution,
  classifyResults,
  isMassAbsence,
  type Run,
  type TaskStatus,
  type TrackedTask,
} from '@bbb/rules';
import type { Farm, RequestRow } from '../buildbot/farm.js';
import { CONFIGURATION, RULES } from '../bridge/settings.js';

const LOST = ['claim-expired', 'worker-shutdown', 'intermittent-task'];

/** What a process has last seen of a task, and how. */
export interface Sight {
  status?: TaskStatus;
  how: 'single' | 'batch';
  at: number;
}

export class Seen {
  readonly #sights = new Map<string, Sight>();
  readonly #requests = new Map<number, RequestRow | undefined>();

  constructor(private readonly now: () => number) {}

  note(taskId: string, status: TaskStatus | undefined, how: Sight['how']): void {
    this.#sights.set(taskId, { status, how, at: this.now() });
  }

  noteRequest(buildRequestId: number, row: RequestRow | undefined): void {
    this.#requests.set(buildRequestId, row);
  }

  /** The request that had this id when the process last looked. */
  requestOf(buildRequestId: number): RequestRow | undefined {
    return this.#requests.get(buildRequestId);
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
  /** The request of the task's row when the process last looked for it. */
  seenRequest?: RequestRow;
}

/** Checks every effect of the bridge, at the moment it happens, against what must never happen. */
export class Watch {
  readonly violations: string[] = [];
  /** Tasks whose payload nobody may have built. */
  readonly refusable = new Set<string>();
  /** The bridge's database was lost or restored: its rows could not tell of earlier requests. */
  hasLostRows = false;
  /** Buildbot's database was emptied or restored: what was done for its requests need not fit to those of now. */
  hasLostRequests = false;
  /** By task and run: the number of the build whose properties were attached. */
  readonly #attached = new Map<string, number>();
  /** Taskcluster's database has been replaced by an empty one for a while. */
  isTaskclusterEmpty = false;
  /** Since when every count has found so much missing that no absence may be believed. */
  #massSince = Infinity;

  constructor(
    private readonly farm: Farm,
    private readonly statusOf: (taskId: string) => TaskStatus | undefined,
    readonly rowOf: (taskId: string) => TrackedTask | undefined,
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
    if (this.farm.openOf(taskId).length > 1 && !this.hasLostRows && !this.hasLostRequests) {
      this.violate('S1: a task has two open requests', { taskId, buildRequestId });
    }
    const run = seen?.status?.runs.at(-1);
    if (run?.state !== 'pending')
      this.violate('S4: a request for a run that was not seen pending', { taskId, run });
    const row = this.rowOf(taskId);
    // A Buildbot that was restored has forgotten withdrawals: it cannot refuse a call that is carried out late.
    const isRemembered = !this.hasLostRows && !this.hasLostRequests;
    if (isRemembered && (row?.buildRequestId !== null || row.runId < createdForRunId)) {
      this.violate('S4: a request whose creation had been given up', { taskId, buildRequestId, row });
    }
    if (this.refusable.has(taskId)) this.violate('S6: a request for a refused payload', { taskId });
  }

  /** S5: a build is to be stopped. */
  stopped(buildId: number, seen: Seen): void {
    const [taskId] = this.othersServed(buildId);
    if (taskId !== undefined)
      this.violate('S5: a build was stopped that serves a live run', { taskId, buildId });
    if (this.farm.isNumberTaken(buildId))
      this.violate('S5: a build was stopped that only has the number of the one meant', { buildId });
    const row = [...this.farm.requests.values()].find(({ builds }) =>
      builds.some((build) => build.buildId === buildId),
    );
    if (row) this.cancelled(row.buildRequestId, seen);
  }

  /** S5: a request is to be cancelled. It may have become another's since the process looked, which cannot be helped. */
  cancelled(buildRequestId: number, seen: Seen): void {
    const row = this.farm.requests.get(buildRequestId);
    if (!row || seen.requestOf(buildRequestId) !== row) return;
    const { taskId } = row.spec;
    const sight = seen.of(taskId);
    if (sight && !sight.status) return this.#believed('a request was cancelled', taskId, sight.at);
    const status = this.statusOf(taskId);
    const run = status?.runs.at(-1);
    const isServing = status && run && this.farm.servingRun(taskId, status.runs, run.runId) === row;
    const isTracked = this.rowOf(taskId)?.buildRequestId === buildRequestId;
    if (!status || (isLive(run) && isServing && isTracked))
      this.violate('S5: the request of a live run, or of a stranger, was cancelled', {
        taskId,
        buildRequestId,
      });
  }

  /** What a pass has found missing. */
  counted(absence: Absence): void {
    const isMass =
      isMassAbsence(absence, CONFIGURATION.reflector.missingLimit) && absence.confirmedMissing === null;
    this.#massSince = isMass ? Math.min(this.#massSince, this.now()) : Infinity;
  }

  /** S7: nothing is done for what is missing while too much is. */
  #believed(what: string, taskId: string, seenAt: number): void {
    if (seenAt > this.#massSince) this.violate(`S7: ${what} while too much was missing`, { taskId });
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

  attached(taskId: string, runId: number, properties: Uint8Array | string): void {
    const { buildnumber } = JSON.parse(String(properties)) as { buildnumber?: [number, string] };
    if (buildnumber) this.#attached.set(`${taskId}/${runId}`, buildnumber[0]);
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
        if (!own && !this.refusable.has(taskId) && !this.hasLostRequests)
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
      case 'report-internal-error':
        if (changed) this.#abandoned(act, own);
        return;
      case 'cancel':
        this.#cancelTask(act);
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
    if (unrecorded && !unrecorded.complete && this.farm.kind === 'legacy')
      this.violate('S7: a creation was given up whose request is open', { ...row });
    const isMissing = (buildRequestId !== null && !request) || !status || this.isTaskclusterEmpty;
    if (isMissing)
      return this.#believed('a row was deleted', taskId, this.now() - CONFIGURATION.reflector.missingGrace);
    if (request && !isOwn(request, row)) return;
    if (request && !request.complete) this.violate('S7: the row of an open request was deleted', { ...row });
    if (request && isLive(run)) this.violate('S7: the row of a live run was deleted', { ...row });
  }

  /** S2: the report says what the last build of the task's own request came to. */
  #reported(name: string, taskId: string, runId: number | undefined, own: RequestRow | undefined): void {
    const state = own && this.farm.stateOf(own);
    const facts = { taskId, runId, name, state };
    if (state?.at !== 'finished') return this.violate('S2: a result without a finished build', facts);
    if (classifyResults(state.results) !== 'result')
      return this.violate('S2: a result of a cancelled build', facts);
    const number = this.#attached.get(`${taskId}/${runId}`);
    if (number !== undefined && number !== state.build.number)
      this.violate('S2: the properties of another build were attached', { ...facts, number });
    const resolution = chooseResolution(state.results, RULES.results);
    const expected = resolution.report === 'exception' ? resolution.reason : resolution.report;
    if (name !== `report-${expected}`) this.violate('S2: another result than the build had', facts);
  }

  /** S7: only the request's absence, or a result without any other meaning, ends a run as internal-error. */
  #abandoned({ taskId, runId, seen, seenRequest }: QueueAct, own: RequestRow | undefined): void {
    const row = this.rowOf(taskId);
    if (own && row?.buildRequestId === own.buildRequestId && seenRequest)
      return this.#reported('report-internal-error', taskId, runId, own);
    if (seen && !seenRequest) this.#believed('a run was abandoned', taskId, seen.at);
  }

  /** A run ends for a RETRY only as often as builds of its request were lost. */
  #retried(taskId: string, status: TaskStatus | undefined, own: RequestRow | undefined): void {
    if (!own || !status || this.hasLostRequests) return;
    const lost = this.farm
      .of(taskId)
      .filter(({ spec }) => spec.createdForRunId === own.spec.createdForRunId)
      .reduce((sum, row) => sum + lostBuilds(row), 0);
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
  #cancelTask({ taskId, before, after, seen }: QueueAct): void {
    const run = before?.runs.at(-1);
    if (!isLive(run) || after?.runs.at(-1)?.reasonResolved !== 'canceled') return;
    const own = this.#requestOf(taskId, before, run?.runId);
    if (own && this.farm.stateOf(own).at === 'cancelled') return;
    if (own?.complete && !own.wasDropped && classifyResults(own.results) === 'cancelled') return;
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

/** How many of a request's builds came to nothing. */
function lostBuilds({ builds, wasDropped }: RequestRow): number {
  return Math.max(0, builds.length - 1) + (wasDropped || builds.at(-1)?.wasGivenBack ? 1 : 0);
}

function isOwn({ spec }: RequestRow, { taskId, runId }: TrackedTask): boolean {
  return spec.taskId === taskId && spec.createdForRunId <= runId;
}
