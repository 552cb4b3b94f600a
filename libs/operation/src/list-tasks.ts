import { PassStoreSql, type TaskFilter, type TaskSort } from '@bbb/bridge-db';
import {
  Invalid,
  createMatcher,
  type RequestSnapshot,
  type TaskStatus,
  type TimeLimits,
  type TrackedTask,
  type Verdict,
  type Wait,
  type WaitFor,
} from '@bbb/rules';
import { attempt, type Attempt } from './attempt.js';
import { toTaskUrl } from './links.js';
import type { OperationSystems } from './systems.js';

/** Which tracked tasks, in which order, how many. */
export interface TaskQuery {
  filter?: TaskFilter;
  sort?: TaskSort;
  /** Only tasks that wait for this; read from both sides. */
  waitingFor?: WaitFor;
  /** Only builders that match, as in Python's `re.match`; read from Buildbot. */
  builders?: string;
  /** Tasks of a page. */
  limit: number;
  /** The `next` of the page before. */
  cursor?: string;
  /** Rows that are read at most while looking for tasks of a page. */
  mostRead?: number;
}

/** A tracked task in a list. */
export interface ListedTask {
  row: TrackedTask;
  url: string;
  /** Null: not known to Buildbot, or not read. */
  buildername: string | null;
  verdict?: Verdict;
  cause?: string;
  wait?: Wait;
  limits?: TimeLimits;
  /** Why it could not be explained. */
  problem?: string;
}

/** One page. It can be short, even empty, before the last when few of the rows that were read match. */
export interface TaskPage {
  tasks: ListedTask[];
  /** Cursor of the next page; absent on the last. */
  next?: string;
  /** Rows that were read for this page. */
  read: number;
  /** Which side could not be read, and why. */
  problems: string[];
}

/** Rows that are read together while looking for tasks that match. */
const READ_TOGETHER = 500;

const MOST_READ = 5000;

/**
 * Lists tracked tasks. Pages are read from the database; both sides are read in bulk for the rows of a page only.
 *
 * @throws Invalid for a cursor or pattern that cannot be used
 * @throws Unavailable when the bridge database cannot be read
 */
export async function listTasks(systems: OperationSystems, query: TaskQuery): Promise<TaskPage> {
  const { filter = {}, sort = 'claim', limit, mostRead = MOST_READ } = query;
  const matches = createTaskMatcher(query);
  const together = matches ? Math.min(READ_TOGETHER, mostRead) : limit;
  const page: TaskPage = { tasks: [], read: 0, problems: [] };
  let { cursor } = query;
  for (;;) {
    const { tasks: rows, cursors, next } = await systems.tasks.page(filter, sort, together, cursor);
    const explained = await explainRows(systems, rows, page.problems);
    for (const [index, task] of explained.entries()) {
      // Behind the last row looked at, by its key: rows before it may leave their places until the next page is read.
      if (page.tasks.length === limit) return { ...page, next: cursors[index - 1]! };
      page.read++;
      if (!matches || matches(task)) page.tasks.push(task);
    }
    if (next === undefined) return page;
    if (page.tasks.length === limit || page.read >= mostRead) return { ...page, next };
    cursor = next;
  }
}

/** Explains rows that were read together; both sides are read once for all of them. */
export async function explainRows(
  systems: OperationSystems,
  rows: readonly TrackedTask[],
  problems: string[] = [],
): Promise<ListedTask[]> {
  if (rows.length === 0) return [];
  const { queue, buildbot, db, isMigrated } = systems;
  const ids = rows.flatMap(({ buildRequestId }) => buildRequestId ?? []);
  // Runs first, requests second: a request seen complete was so when its run was still seen live, or later.
  const statuses = await attempt(() => queue.readStatuses(rows.map(({ taskId }) => taskId)));
  const [snapshots, doubted] = await Promise.all([
    attempt(() => buildbot.readSnapshots(ids)),
    attempt(async () => (isMigrated ? (await new PassStoreSql(db).read()).doubtedSince !== null : false)),
  ]);
  for (const { problem } of [statuses, snapshots, doubted])
    if (problem !== undefined && !problems.includes(problem)) problems.push(problem);
  return Promise.all(
    rows.map((row) => explainRow(systems, row, { statuses, snapshots, doubted: doubted.value ?? false })),
  );
}

interface Sides {
  statuses: Attempt<Map<string, TaskStatus | Error>>;
  snapshots: Attempt<Map<number, RequestSnapshot | Error>>;
  doubted: boolean;
}

async function explainRow(
  { reconciler, rootUrl }: OperationSystems,
  row: TrackedTask,
  { statuses, snapshots, doubted }: Sides,
): Promise<ListedTask> {
  const { taskId, runId, buildRequestId } = row;
  const status = statuses.value?.get(taskId);
  const snapshot = snapshots.value?.get(buildRequestId ?? -1);
  const request = snapshot instanceof Error ? undefined : snapshot;
  const listed = { row, url: toTaskUrl(rootUrl, taskId, runId), buildername: request?.buildername ?? null };
  const problem = statuses.problem ?? (status instanceof Error ? status.message : undefined);
  if (problem !== undefined || status instanceof Error) return { ...listed, ...(problem ? { problem } : {}) };
  const explained = await attempt(() =>
    reconciler.explain(taskId, {
      row,
      status,
      request,
      buildbotUnavailable: snapshots.value === undefined || snapshot instanceof Error,
      absenceDoubted: doubted,
      source: 'batched',
    }),
  );
  if (!explained.value) return { ...listed, ...(explained.problem ? { problem: explained.problem } : {}) };
  const { verdict, cause, wait, limits } = explained.value;
  return { ...listed, verdict, cause: cause.cause, wait, limits };
}

/** Undefined when every row matches. */
function createTaskMatcher({ waitingFor, builders }: TaskQuery): ((task: ListedTask) => boolean) | undefined {
  if (waitingFor === undefined && builders === undefined) return undefined;
  const isBuilder = builders === undefined ? () => true : readPattern(builders);
  return ({ wait, buildername }) =>
    (waitingFor === undefined || wait?.for === waitingFor) && isBuilder(buildername ?? '');
}

function readPattern(pattern: string): (name: string) => boolean {
  try {
    return createMatcher(pattern);
  } catch (error) {
    throw new Invalid(`not a regular expression: ${pattern}: ${(error as Error).message}`);
  }
}
