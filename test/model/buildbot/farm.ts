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

/** A row of `builds`, and what only the world knows of it. */
export interface BuildRow {
  buildId: number;
  number: number;
  master: string;
  finishTime: number | null;
  /** How the build ended in truth; undefined while it runs, null when its master was killed. */
  outcome?: number | null;
  /** Its request was given back after it, for another build. */
  wasGivenBack?: boolean;
}

/** A row of `buildrequests` with its buildset. Times are epoch seconds. */
export interface RequestRow {
  buildRequestId: number;
  spec: RequestSpec;
  complete: boolean;
  results: number | null;
  completeAt: number | null;
  claimedAt: number;
  claimedBy: { master: string; incarnation: number } | null;
  builds: BuildRow[];
  /** Complete without a build of its own, as newer Buildbots can tell. */
  wasDropped?: boolean;
  /** Since when its build has ended, as newer Buildbots can tell. */
  endedAt?: number;
}

export const RETRY = 5;
export const CANCELLED = 6;

/** Seconds after which a claim that nobody reclaims is anybody's. */
const STALE_CLAIM = 3600;

/** The scheduler database: what masters, Self Serve and bridge share. */
export class Farm {
  readonly requests = new Map<number, RequestRow>();
  #nextRequest = 100;
  #nextBuild = 800;

  constructor(readonly now: () => number) {}

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
    };
    this.requests.set(row.buildRequestId, row);
    return row;
  }

  /** Requests that a master may take, the first one and all that merge with it. */
  claimable(master: string, incarnation: number): RequestRow[] {
    const free = [...this.requests.values()].filter(
      ({ complete, claimedAt, claimedBy }) =>
        !complete &&
        (claimedAt < this.now() - STALE_CLAIM ||
          (claimedBy?.master === master && claimedBy.incarnation !== incarnation)),
    );
    const [first] = free;
    if (!first) return [];
    const { buildername, branch, revision } = first.spec;
    return free.filter(
      ({ spec }) => spec.buildername === buildername && spec.branch === branch && spec.revision === revision,
    );
  }

  addBuild(row: RequestRow, master: string, number: number): BuildRow {
    const build: BuildRow = { buildId: this.#nextBuild++, number, master, finishTime: null };
    row.builds.push(build);
    return build;
  }

  /** Complete without regard to what the request is doing: how it is cancelled before its build. */
  markComplete(row: RequestRow): void {
    Object.assign(row, { complete: true, results: 2, completeAt: Math.floor(this.now()) });
  }

  /** Buildbot collapses the request into another one. */
  drop(row: RequestRow): void {
    Object.assign(row, { complete: true, wasDropped: true });
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
        newest?.number === build?.number && newest?.master === build?.master && newest?.buildId !== buildId;
      return !complete && newest?.finishTime === null && isShared ? buildRequestId : [];
    });
  }

  snapshot(row: RequestRow): RequestSnapshot {
    const { buildRequestId, spec } = row;
    const { taskId, createdForRunId, buildername } = spec;
    return { buildRequestId, key: { taskId, createdForRunId }, buildername, state: stateOf(row) };
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
}

/** Where a request stands, by the bridge's own reading of the rows. */
export function stateOf({ builds, wasDropped, endedAt, ...columns }: RequestRow): RequestState {
  if (wasDropped) return { at: 'dropped', build: builds.at(-1) ?? null };
  const state = deriveState(columns, builds, 'columns');
  return state.at === 'finishing' ? { ...state, since: endedAt ?? null } : state;
}
