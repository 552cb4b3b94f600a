import { PassStoreSql, PauseStoreSql } from '@bbb/bridge-db';
import { QueueClock } from '@bbb/reconciler';
import {
  judgeOrphan,
  type ListedRun,
  type MarkedRequest,
  PausedBuilders,
  type RequestSnapshot,
  type TaskStatus,
  type Verdict,
} from '@bbb/rules';
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

const IGNORED = 'its builder belongs to another installation (ignored_builders)';

/** Rows, runs and requests that are read together. */
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
    for await (const page of readPages(runs)) {
      const untracked = page.filter(({ taskId }) => !tracked.has(taskId));
      // A task may have been tracked since the rows were read.
      const rows = await systems.tasks.findWhere(
        'taskId',
        untracked.map(({ taskId }) => taskId),
      );
      for (const { taskId } of rows) tracked.add(taskId);
      for (const run of untracked) {
        if (tracked.has(run.taskId)) continue;
        tracked.add(run.taskId);
        yield await planUntracked(systems, step, run, shared);
      }
    }
  yield* planOrphans(systems, requests);
}

async function* readPages<Item>(items: AsyncIterable<Item>): AsyncGenerator<Item[]> {
  let page: Item[] = [];
  for await (const item of items) {
    if (page.push(item) < TOGETHER) continue;
    yield page;
    page = [];
  }
  yield page;
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

async function readShared(systems: OperationSystems): Promise<Shared> {
  const [pauses, absenceDoubted] = await Promise.all([
    systems.isMigrated ? new PauseStoreSql(systems.db).list() : [],
    isAbsenceDoubted(systems),
  ]);
  return { paused: new PausedBuilders(pauses), absenceDoubted };
}

async function isAbsenceDoubted({ db, isMigrated }: OperationSystems): Promise<boolean> {
  return isMigrated && (await new PassStoreSql(db).read()).doubtedSince !== null;
}

async function planUntracked(
  systems: OperationSystems,
  step: 'pending' | 'claimed',
  { taskId, runId, definition }: ListedRun,
  { paused, absenceDoubted }: Shared,
): Promise<PlannedTask> {
  const none = { step, taskId, runId, buildRequestId: null };
  const name = (definition.payload as { buildername?: unknown } | null)?.buildername;
  if (typeof name === 'string' && systems.policy.judge(name, definition.scopes).is === 'ignored')
    return { ...none, verdict: 'ignore', reason: IGNORED };
  try {
    const status = await systems.queue.readStatus(taskId);
    const given = { row: null, status, absenceDoubted, source: 'batched' } as const;
    const { verdict, cause, situation } = await systems.reconciler.explain(taskId, given);
    if (verdict !== 'create-request') return { ...none, verdict, reason: cause.cause };
    const pause = typeof name === 'string' ? paused.find(name) : undefined;
    const wait = await judgeCreation(systems, situation, definition, pause);
    if (!wait) return { ...none, verdict, reason: cause.cause };
    return { ...none, verdict: wait.for === 'bridge' ? verdict : 'ignore', reason: wait.text };
  } catch (error) {
    return { ...none, reason: (error as Error).message };
  }
}

/** As the reflector selects and judges them. */
async function* planOrphans(
  systems: OperationSystems,
  tracked: ReadonlySet<number>,
): AsyncGenerator<PlannedTask> {
  const { buildbot, queue, tasks } = systems;
  const youngest = new QueueClock(systems.clock, queue).now() - systems.orphanGrace;
  for (let after: number | undefined = 0; after !== undefined;) {
    const open: MarkedRequest[] = await buildbot.listMarkedOpenRequests(after, TOGETHER);
    const absenceDoubted = await isAbsenceDoubted(systems);
    const unknown = open.filter(({ buildRequestId }) => !tracked.has(buildRequestId));
    // A request may have got its row since the rows were read.
    const rows = await tasks.findWhere('buildrequestId', idsOf(unknown));
    const known = new Set(rows.map(({ buildRequestId }) => buildRequestId));
    const orphans = unknown.filter(({ buildRequestId }) => !known.has(buildRequestId));
    const statuses = await queue.readStatuses(orphans.map(({ taskId }) => taskId));
    const snapshots = await buildbot.readSnapshots(idsOf(orphans));
    for (const orphan of orphans) {
      const { taskId, buildRequestId, createdForRunId, createdAt } = orphan;
      const none = { step: 'orphans', taskId, runId: createdForRunId, buildRequestId } as const;
      if (absenceDoubted) yield { ...none, verdict: 'wait', reason: DOUBTED };
      else if (createdAt > youngest) yield { ...none, verdict: 'wait', reason: YOUNG };
      else
        yield {
          ...none,
          ...planOrphan(systems, orphan, statuses.get(taskId), snapshots.get(buildRequestId)),
        };
    }
    after = open.length < TOGETHER ? undefined : open.at(-1)?.buildRequestId;
  }
}

const DOUBTED =
  'too many tracked tasks are missing at once, and the build request may be from another database: buildbot-bridge missing confirm';
const YOUNG = 'the build request is younger than reflector.orphan_grace: its row may still come';

function planOrphan(
  systems: OperationSystems,
  orphan: MarkedRequest,
  status: TaskStatus | Error | undefined,
  request: RequestSnapshot | Error | undefined,
): Partial<PlannedTask> & Pick<PlannedTask, 'reason'> {
  if (status instanceof Error) return { reason: status.message };
  if (request instanceof Error) return { reason: request.message };
  const judgement = judgeOrphan(orphan, status, request, systems);
  if (judgement.is === 'foreign') return { verdict: 'ignore', reason: judgement.reason };
  return {
    ...{ verdict: 'adopt', runId: judgement.runId },
    reason: 'the build request is open and the bridge has no row for it',
  };
}

const idsOf = (requests: readonly MarkedRequest[]) => requests.map(({ buildRequestId }) => buildRequestId);
