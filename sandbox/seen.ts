import { type SchedulerConnection } from './buildbot/index.js';
import type { TaskclusterSimulator } from './taskcluster/index.js';

/** One build request of a task, as Buildbot has it. */
export interface SeenRequest {
  buildRequestId: number;
  complete: boolean;
  results: number | null;
  builds: { number: number; running: boolean }[];
}

/** A task as both sides show it, read past the bridge. */
export interface SeenTask {
  taskId: string;
  /** Taskcluster's word for the whole task. */
  taskState: string;
  /** All runs, in words. */
  taskcluster: string;
  requests: SeenRequest[];
  /** All requests, in words. */
  buildbot: string;
}

const SKIPPED = 3;
const RESULTS = ['SUCCESS', 'WARNINGS', 'FAILURE', 'SKIPPED', 'EXCEPTION', 'RETRY', 'CANCELLED'];

/** Tasks as both sides show them, in words. */
export function describeTasks(
  taskIds: readonly string[],
  taskcluster: TaskclusterSimulator,
  requests: ReadonlyMap<string, SeenRequest[]>,
): SeenTask[] {
  return taskIds.map((taskId) => {
    const { state, runs } = taskcluster.state.status(taskId);
    const mine = requests.get(taskId) ?? [];
    return {
      taskId,
      taskState: state,
      taskcluster: runs
        .map(({ state: run, reasonResolved }) => (run === 'exception' ? `${run} (${reasonResolved})` : run))
        .join(', '),
      requests: mine,
      buildbot: mine.length === 0 ? 'no request' : mine.map(describe).join(', '),
    };
  });
}

function describe({ complete, results, builds }: SeenRequest): string {
  const running = builds.at(-1);
  if (!complete)
    return running?.running
      ? `building #${running.number}`
      : builds.length > 0
        ? 'between builds'
        : 'waiting';
  if (builds.length === 0) return results === SKIPPED ? 'collapsed' : 'cancelled before start';
  const result = RESULTS[results ?? -1] ?? `results ${results}`;
  return builds.length > 1 ? `${result} after ${builds.length} builds` : result;
}

/** The build requests in a scheduler database, by task. */
export async function readRequestsByTask(
  scheduler: SchedulerConnection,
): Promise<Map<string, SeenRequest[]>> {
  interface Row {
    task: string;
    brid: number;
    complete: number;
    results: number | null;
    number: number | null;
    finished: number | null;
  }
  const rows = await scheduler.read((statements) =>
    statements.rows<Row>(
      `SELECT bs.external_idstring AS task, br.id AS brid, br.complete AS complete, br.results AS results,
          b.number AS number, b.finish_time AS finished
        FROM buildrequests br JOIN buildsets bs ON bs.id = br.buildsetid LEFT JOIN builds b ON b.brid = br.id
        WHERE bs.external_idstring LIKE 'taskId:%' ORDER BY br.id, b.id`,
    ),
  );
  const byTask = new Map<string, SeenRequest[]>();
  for (const { task, brid, complete, results, number, finished } of rows) {
    const taskId = task.slice('taskId:'.length);
    const requests = byTask.get(taskId) ?? [];
    byTask.set(taskId, requests);
    let request = requests.find(({ buildRequestId }) => buildRequestId === brid);
    if (!request)
      requests.push((request = { buildRequestId: brid, complete: complete === 1, results, builds: [] }));
    if (number !== null) request.builds.push({ number, running: finished === null });
  }
  return byTask;
}
