import {
  type RequestSpec,
  findFirstRun,
  type MarkedRequest,
  type RequestKey,
  type RequestSnapshot,
  type RequestState,
  type Run,
} from '@bbb/rules';
import { deriveState } from '@bbb/scheduler-db';
import { deriveRequestState } from '../../../libs/modern-buildbot/src/requests/request-state.js';
import { buildRowOf, requestRowOf, stopReasonOf } from './modern-rows.js';

/** Buildbot 0.8, or 3.7 and newer. */
export type BuildbotKind = 'legacy' | 'modern';

/** A row of `builds`, and what only the simulation knows of it. */
export interface BuildRow {
  buildId: number;
  number: number;
  master: string;
  startTime: number;
  finishTime: number | null;
  /** How the build ended in truth; undefined while it runs, null when its master was killed. */
  outcome?: number | null;
  /** Its request was given back after it, for another build, or will be once its master restarts. */
  wasGivenBack?: boolean;
  /** Its master was stopped as planned. */
  wasShutDown?: boolean;
}

/** A row of `buildsets` of a modern Buildbot: of a request, or a withdrawal. */
export interface SetRow {
  bsid: number;
  key: string;
  reason: string;
  submittedAt: number;
}

interface Claimant {
  master: string;
  incarnation: number;
  /** When Buildbot gives the claim up, because nobody of that name runs any more. */
  until?: number;
}

/** A row of `buildrequests` with its buildset. Times are epoch seconds. */
export interface RequestRow {
  buildRequestId: number;
  spec: RequestSpec;
  complete: boolean;
  results: number | null;
  completeAt: number | null;
  claimedAt: number;
  claimedBy: Claimant | null;
  builds: BuildRow[];
  /** Of a modern Buildbot. */
  bsid?: number;
  submittedAt?: number;
  /** Collapsed, or ended by a shutdown of its master; a modern Buildbot does that. */
  wasDropped?: boolean;
}

export const SUCCESS = 0;
export const FAILURE = 2;
export const SKIPPED = 3;
export const RETRY = 5;
export const CANCELLED = 6;

/** Seconds between the rows of one build at most. */
const START_SPREAD = 60;

/** Seconds after which a claim that nobody reclaims is anybody's. */
const STALE_CLAIM = 3600;

/** What a database's backup holds. */
interface Rows {
  requests: [number, RequestRow][];
  sets: SetRow[];
  nextRequest: number;
  nextSet: number;
  nextBuild: number;
}

/** The database of a Buildbot: what masters, Self Serve and bridge share. */
export class Farm {
  readonly requests = new Map<number, RequestRow>();
  readonly sets: SetRow[] = [];
  #nextRequest = 100;
  #nextSet = 500;
  #nextBuild = 800;

  constructor(
    readonly now: () => number,
    readonly kind: BuildbotKind = 'legacy',
  ) {}

  /** A backup. */
  save(): Rows {
    const { requests, sets } = this;
    const [nextRequest, nextSet, nextBuild] = [this.#nextRequest, this.#nextSet, this.#nextBuild];
    return structuredClone({ requests: [...requests], sets, nextRequest, nextSet, nextBuild });
  }

  /** The database is restored from a backup, or replaced by an empty one; ids that were given away since come again. */
  load(backup: Rows = new Farm(this.now).save()): void {
    const { requests, sets, nextRequest, nextSet, nextBuild } = structuredClone(backup);
    this.requests.clear();
    for (const [id, row] of requests) this.requests.set(id, row);
    this.sets.splice(0, Infinity, ...sets);
    [this.#nextRequest, this.#nextSet, this.#nextBuild] = [nextRequest, nextSet, nextBuild];
  }

  find({ taskId, createdForRunId, scheduledAt }: RequestKey): RequestRow | undefined {
    return this.of(taskId).find(
      ({ spec, wasDropped }) =>
        !wasDropped && spec.createdForRunId === createdForRunId && spec.scheduledAt === scheduledAt,
    );
  }

  of(taskId: string): RequestRow[] {
    return [...this.requests.values()].filter(({ spec }) => spec.taskId === taskId);
  }

  openOf(taskId: string): RequestRow[] {
    return this.of(taskId).filter(({ complete }) => !complete);
  }

  /**
   * The request that serves a run: the newest of those made for a run that it continues. A user's rerun of lost work
   * gets a request of its own when the one before had been cancelled.
   */
  servingRun(taskId: string, runs: readonly Run[], runId: number): RequestRow | undefined {
    const first = findFirstRun(runs, runId)?.runId ?? Infinity;
    const serves = ({ spec }: RequestRow) => spec.createdForRunId >= first && spec.createdForRunId <= runId;
    return this.of(taskId).findLast(serves);
  }

  insert(spec: RequestSpec): RequestRow {
    const row: RequestRow = {
      buildRequestId: this.#nextRequest++,
      spec,
      complete: false,
      results: null,
      completeAt: null,
      claimedAt: 0,
      claimedBy: null,
      builds: [],
      submittedAt: Math.floor(this.now()),
    };
    this.requests.set(row.buildRequestId, row);
    return row;
  }

  /** Adds a build set of a modern Buildbot. */
  insertSet(key: string, reason: string): SetRow {
    const set = { bsid: this.#nextSet++, key, reason, submittedAt: Math.floor(this.now()) };
    this.sets.push(set);
    return set;
  }

  /** Requests that a master may take: one of them, and all that merge with it. */
  claimable(master: string, incarnation: number, which: number): RequestRow[] {
    const isLoose = ({ claimedAt, claimedBy }: RequestRow) =>
      claimedAt < this.now() - STALE_CLAIM ||
      (claimedBy?.master === master && claimedBy.incarnation !== incarnation);
    const free = [...this.requests.values()].filter(
      (row) => !row.complete && (row.claimedAt === 0 || (this.kind === 'legacy' && isLoose(row))),
    );
    const first = free[which % Math.max(1, free.length)];
    if (!first) return [];
    if (this.kind === 'modern') return [first];
    const { buildername, branch, revision } = first.spec;
    return free.filter(
      ({ spec }) => spec.buildername === buildername && spec.branch === branch && spec.revision === revision,
    );
  }

  addBuild(row: RequestRow, master: string, number: number): BuildRow {
    const build: BuildRow = {
      buildId: this.#nextBuild++,
      number,
      master,
      startTime: this.now(),
      finishTime: null,
    };
    row.builds.push(build);
    return build;
  }

  complete(row: RequestRow, results: number): void {
    Object.assign(row, { complete: true, results, completeAt: Math.floor(this.now()) });
  }

  /** Complete without regard to what the request is doing: how it is cancelled before its build. */
  markComplete(row: RequestRow): void {
    this.complete(row, this.kind === 'modern' ? CANCELLED : FAILURE);
  }

  /** Buildbot collapses the request into another one. */
  drop(row: RequestRow): void {
    this.complete(row, SKIPPED);
    row.wasDropped = true;
  }

  /** Whether a master that was killed has given the build's number to another request's build. */
  isNumberTaken(buildId: number): boolean {
    const rows = [...this.requests.values()];
    const mine = rows.find(({ builds }) => builds.some((build) => build.buildId === buildId));
    const number = mine?.builds.find((build) => build.buildId === buildId)?.number;
    return rows.some(
      (other) =>
        other !== mine &&
        other.claimedBy?.master === mine?.claimedBy?.master &&
        other.claimedAt !== mine?.claimedAt &&
        other.builds.some((build) => build.number === number && build.buildId > buildId),
    );
  }

  /** The other open requests that a build serves. */
  sharers(buildId: number): number[] {
    const rows = [...this.requests.values()];
    const build = rows.flatMap(({ builds }) => builds).find((each) => each.buildId === buildId);
    return rows.flatMap(({ complete, builds, buildRequestId }) => {
      const newest = builds.at(-1);
      const isShared =
        build &&
        newest?.number === build.number &&
        newest.master === build.master &&
        Math.abs(newest.startTime - build.startTime) <= START_SPREAD &&
        newest.buildId !== buildId;
      return !complete && newest?.finishTime === null && isShared ? buildRequestId : [];
    });
  }

  snapshot(row: RequestRow): RequestSnapshot {
    const { buildRequestId, spec } = row;
    const { taskId, createdForRunId, buildername } = spec;
    return { buildRequestId, key: { taskId, createdForRunId }, buildername, state: this.stateOf(row) };
  }

  marked(after: number, limit: number): MarkedRequest[] {
    return [...this.requests.values()]
      .filter(({ buildRequestId, complete }) => !complete && buildRequestId > after)
      .slice(0, limit)
      .map(({ buildRequestId, spec: { taskId, scheduledAt, createdForRunId } }) => ({
        buildRequestId,
        taskId,
        createdAt: scheduledAt,
        createdForRunId,
      }));
  }

  /** Where a request stands; whether it was dropped is what the simulation knows, and not read from the rows. */
  stateOf(row: RequestRow): RequestState {
    const newest = row.builds.at(-1);
    if (row.wasDropped) return { at: 'dropped', build: newest ?? null };
    if (this.kind === 'legacy') return deriveState(row, row.builds, 'columns');
    return deriveRequestState(
      requestRowOf(row),
      newest && buildRowOf(newest, row),
      newest && stopReasonOf(newest),
    );
  }
}
