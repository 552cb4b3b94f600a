import { PassStoreSql, PauseStoreSql } from '@bbb/bridge-db';
import { findLatestRun, type ListedRun, type MarkedRequest, PausedBuilders, type Verdict } from '@bbb/rules';
import { explainRows } from './list-tasks.js';
import { judgeCreation } from './judge-creation.js';
import type { OperationSystems } from './systems.js';

/** What a pass would do about one task. */
export interface PlannedTask {
  /** Where the pass finds it. */
  step: 'tracked' | 'pending' | 'claimed' | 'orphans';
  taskId: string;
  runId: number | null;
  buildRequestId: number | null;
  /** Undefined when it could not be decided. */
  verdict?: Verdict;
  reason: string;
}

/** Rows and requests that are read together. */
const TOGETHER = 500;

/**
 * Tells of each task what a pass of the reflector would do first, and acts on nothing. A pass decides anew after each act.
 *
 * @throws Unavailable or Refused when a list cannot be read
 */
export async function* planPass(systems: OperationSystems): AsyncGenerator<PlannedTask> {
  const tracked = new Set<string>();
  const requests = new Set<number>();
  for await (const task of planTracked(systems)) {
    tracked.add(task.taskId);
    if (task.buildRequestId !== null) requests.add(task.buildRequestId);
    yield task;
  }
  const shared = await readShared(systems);
  for (const [step, runs] of [
    ['pending', systems.queue.listPending()],
    ['claimed', systems.queue.listClaimed()],
  ] as const)
    for await (const run of runs) {
      if (tracked.has(run.taskId)) continue;
      tracked.add(run.taskId);
      yield await planUntracked(systems, step, run, shared);
    }
  yield* planOrphans(systems, requests);
}

async function* planTracked(systems: OperationSystems): AsyncGenerator<PlannedTask> {
  for (let cursor: string | undefined, isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
    const { tasks, next } = await systems.tasks.page({}, 'claim', TOGETHER, cursor);
    for (const { row, verdict, cause, problem } of await explainRows(systems, tasks)) {
      const { taskId, runId, buildRequestId } = row;
      const reason = cause ?? problem ?? 'not read';
      yield { step: 'tracked', taskId, runId, buildRequestId, ...(verdict ? { verdict } : {}), reason };
    }
    cursor = next;
  }
}

/** What instances share, for all untracked runs. */
interface Shared {
  paused: PausedBuilders;
  absenceDoubted: boolean;
}

async function readShared({ db, isMigrated }: OperationSystems): Promise<Shared> {
  if (!isMigrated) return { paused: new PausedBuilders([]), absenceDoubted: false };
  const [pauses, { doubtedSince }] = await Promise.all([
    new PauseStoreSql(db).list(),
    new PassStoreSql(db).read(),
  ]);
  return { paused: new PausedBuilders(pauses), absenceDoubted: doubtedSince !== null };
}

async function planUntracked(
  systems: OperationSystems,
  step: 'pending' | 'claimed',
  { taskId, runId, definition }: ListedRun,
  { paused, absenceDoubted }: Shared,
): Promise<PlannedTask> {
  const none = { step, taskId, runId, buildRequestId: null };
  try {
    const status = await systems.queue.readStatus(taskId);
    const given = { row: null, status, absenceDoubted, source: 'batched' } as const;
    const { verdict, cause, situation } = await systems.reconciler.explain(taskId, given);
    if (verdict !== 'create-request') return { ...none, verdict, reason: cause.cause };
    const name = (definition.payload as { buildername?: unknown } | null)?.buildername;
    const pause = typeof name === 'string' ? paused.find(name) : undefined;
    const wait = await judgeCreation(systems, situation, definition, pause);
    if (!wait) return { ...none, verdict, reason: cause.cause };
    return { ...none, verdict: wait.for === 'bridge' ? verdict : 'ignore', reason: wait.text };
  } catch (error) {
    return { ...none, reason: (error as Error).message };
  }
}

async function* planOrphans(
  { buildbot, queue, taskQueueId }: OperationSystems,
  tracked: ReadonlySet<number>,
): AsyncGenerator<PlannedTask> {
  for (let after: number | undefined = 0; after !== undefined;) {
    const open: MarkedRequest[] = await buildbot.listMarkedOpenRequests(after, TOGETHER);
    const untracked = open.filter(({ buildRequestId }) => !tracked.has(buildRequestId));
    const statuses = await queue.readStatuses(untracked.map(({ taskId }) => taskId));
    for (const { taskId, buildRequestId, createdForRunId } of untracked) {
      const status = statuses.get(taskId);
      const isOwn = status !== undefined && !(status instanceof Error) && status.taskQueueId === taskQueueId;
      yield {
        step: 'orphans',
        taskId,
        runId: createdForRunId ?? (isOwn ? (findLatestRun(status)?.runId ?? null) : null),
        buildRequestId,
        verdict: isOwn ? 'adopt' : 'ignore',
        reason: isOwn
          ? 'the build request is open and the bridge has no row for it'
          : 'the build request belongs to a task of another task queue, or of no task that Taskcluster knows',
      };
    }
    after = open.length < TOGETHER ? undefined : open.at(-1)?.buildRequestId;
  }
}
