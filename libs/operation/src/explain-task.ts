import { JournalTable, PassStoreSql, PauseStoreSql } from '@bbb/bridge-db';
import {
  belongsToRun,
  type Facts,
  type JournalEntry,
  findLatestRun,
  type Pause,
  PausedBuilders,
  type RequestPlace,
  type RequestSnapshot,
  type Run,
  type TaskDefinition,
  type TaskStatus,
  type TimeLimits,
  type TrackedTask,
  type Verdict,
  type Wait,
} from '@bbb/rules';
import { type Explanation, QueueClock } from '@bbb/reconciler';
import { attempt } from './attempt.js';
import { judgeCreation } from './judge-creation.js';
import { toTaskUrl } from './links.js';
import type { OperationSystems } from './systems.js';

/** Entries of the journal that are read at most. */
const MOST_ENTRIES = 200;

/** A task as Taskcluster shows it. */
export interface ExplainedTask {
  url: string;
  state: TaskStatus['state'];
  taskQueueId: string;
  deadline: number;
  retriesLeft: number;
  runs: readonly (Run & { url: string })[];
  priority: string | null;
}

/** A build request as Buildbot shows it, with its place among those of its builder while it waits. */
export interface ExplainedRequest extends RequestPlace {
  buildRequestId: number;
  buildername: string;
  state: RequestSnapshot['state'];
  /** It was created for another task or run: the row's id is wrong. */
  isForeign: boolean;
}

/** Everything that is known of one task. Times are epoch seconds; what could not be read is undefined and has a problem. */
export interface TaskExplanation {
  taskId: string;
  at: number;
  buildername: string | null;
  /** Null: Taskcluster does not know it. */
  task?: ExplainedTask | null;
  /** Null: there is none, or Buildbot does not know it. */
  request?: ExplainedRequest | null;
  /** Null: the bridge does not track the task. */
  row?: TrackedTask | null;
  decision?: { verdict: Verdict; cause: string; facts: Facts; limits: TimeLimits };
  /** What the task waits for. */
  wait?: Wait;
  /** The pause that holds its build request back. */
  pause?: Pause;
  /** Oldest first; also of tasks that the bridge has forgotten. */
  journal: readonly JournalEntry[];
  /** What could not be read, and why. */
  problems: readonly { system: 'taskcluster' | 'buildbot' | 'bridge-db'; problem: string }[];
}

/** Explains one task: both sides, the row, what is decided and what it waits for, and what was decided before. */
export async function explainTask(systems: OperationSystems, taskId: string): Promise<TaskExplanation> {
  const { queue, buildbot, db, isMigrated } = systems;
  const clock = new QueueClock(systems.clock, queue);
  const [row, journal, pauses, passes, status, definition] = await Promise.all([
    attempt(() => systems.tasks.get(taskId)),
    attempt(async () => (isMigrated ? readJournal(systems, taskId) : [])),
    attempt(async () => (isMigrated ? new PauseStoreSql(db).list() : [])),
    attempt(async () => (isMigrated ? (await new PassStoreSql(db).read()).doubtedSince !== null : false)),
    attempt(() => queue.readStatus(taskId)),
    attempt(() => queue.readDefinition(taskId)),
  ]);
  const id = row.value?.buildRequestId ?? null;
  const snapshot = await attempt(async () => (id === null ? undefined : buildbot.readSnapshot(id)));
  const place = await attempt(async () => (snapshot.value ? buildbot.readPlace(snapshot.value) : undefined));
  const builder = builderOf(snapshot.value, definition.value, journal.value);
  const seen = await attempt(() =>
    row.problem === undefined && status.problem === undefined
      ? decideOn(systems, taskId, { row: row.value, status: status.value, snapshot, doubted: passes.value })
      : Promise.resolve(undefined),
  );
  const explained = seen.value;
  const pause =
    explained?.verdict === 'create-request' && builder !== null
      ? new PausedBuilders(pauses.value ?? []).find(builder)
      : undefined;
  const creation =
    explained?.verdict === 'create-request'
      ? await attempt(() => judgeCreation(systems, explained.situation, definition.value, pause))
      : {};
  const wait = creation.value ?? explained?.wait ?? waitForReading(row.problem, status.problem);
  return {
    taskId,
    at: clock.now(),
    buildername: builder,
    ...(status.problem === undefined ? { task: taskOf(systems, status.value, definition.value) } : {}),
    ...(snapshot.problem === undefined
      ? { request: requestOf(row.value, status.value, snapshot.value, place.value) }
      : {}),
    ...(row.problem === undefined ? { row: row.value ?? null } : {}),
    ...(explained ? { decision: decisionOf(explained) } : {}),
    ...(wait ? { wait } : {}),
    ...(pause ? { pause } : {}),
    journal: journal.value ?? [],
    problems: [
      ...problemsOf('bridge-db', [row, journal, pauses, passes]),
      ...problemsOf('taskcluster', [status, definition]),
      ...problemsOf('buildbot', [snapshot, place, creation, seen]),
    ],
  };
}

async function readJournal({ db }: OperationSystems, taskId: string): Promise<JournalEntry[]> {
  const { entries } = await new JournalTable(db).page({ taskId }, MOST_ENTRIES);
  // Instances write what they decided a moment later, so ids are only nearly in order.
  return entries.sort((one, other) => one.at - other.at || one.id - other.id);
}

interface Read {
  row: TrackedTask | undefined;
  status: TaskStatus | undefined;
  snapshot: { value?: RequestSnapshot | undefined; problem?: string };
  doubted: boolean | undefined;
}

function decideOn(
  { reconciler }: OperationSystems,
  taskId: string,
  { row, status, snapshot, doubted = false }: Read,
): Promise<Explanation> {
  return reconciler.explain(taskId, {
    row: row ?? null,
    status,
    request: snapshot.value,
    buildbotUnavailable: snapshot.problem !== undefined,
    absenceDoubted: doubted,
    source: 'batched',
  });
}

function decisionOf({ verdict, cause, facts, limits }: Explanation) {
  return { verdict, cause: cause.cause, facts, limits };
}

function waitForReading(row: string | undefined, status: string | undefined): Wait | undefined {
  if (row !== undefined) return { for: 'bridge', text: `the bridge database can be read again: ${row}` };
  return status === undefined
    ? undefined
    : { for: 'taskcluster', text: `Taskcluster can be read again: ${status}` };
}

function taskOf(
  { rootUrl }: OperationSystems,
  status: TaskStatus | undefined,
  definition: TaskDefinition | undefined,
): ExplainedTask | null {
  if (!status) return null;
  const { taskId, state, taskQueueId, deadline, retriesLeft, runs } = status;
  return {
    url: toTaskUrl(rootUrl, taskId, findLatestRun(status)?.runId),
    state,
    taskQueueId,
    deadline,
    retriesLeft,
    runs: runs.map((run) => ({ ...run, url: toTaskUrl(rootUrl, taskId, run.runId) })),
    priority: definition?.priority ?? null,
  };
}

const NO_PLACE: RequestPlace = { url: null, submittedAt: null, ahead: null, building: null, workers: null };

function requestOf(
  row: TrackedTask | undefined,
  status: TaskStatus | undefined,
  snapshot: RequestSnapshot | undefined,
  place: RequestPlace = NO_PLACE,
): ExplainedRequest | null {
  if (!row || !snapshot) return null;
  const { buildRequestId, buildername, state } = snapshot;
  return { buildRequestId, buildername, state, ...place, isForeign: !belongsToRun(row, snapshot, status) };
}

/** From Buildbot, the task's payload, or what was noted when the build request was created. */
function builderOf(
  snapshot: RequestSnapshot | undefined,
  definition: TaskDefinition | undefined,
  journal: readonly JournalEntry[] = [],
): string | null {
  const payload = definition?.payload as { buildername?: unknown } | null | undefined;
  const noted = journal.findLast(({ details }) => typeof details.buildername === 'string')?.details
    .buildername;
  const names = [snapshot?.buildername, payload?.buildername, noted];
  return names.find((name): name is string => typeof name === 'string' && name !== '') ?? null;
}

function problemsOf<System extends string>(
  system: System,
  attempts: readonly { problem?: string }[],
): { system: System; problem: string }[] {
  const problems = attempts.flatMap(({ problem }) => problem ?? []);
  return [...new Set(problems)].map((problem) => ({ system, problem }));
}
