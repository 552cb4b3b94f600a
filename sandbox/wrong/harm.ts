import type { SchedulerConnection } from '../buildbot/index.js';
import type { Sandbox } from '../sandbox.js';
import { type Actor, hasArrived } from '../story.js';
import type { Part } from './fault.js';

/** What both sides and the bridge have of one task. */
export interface TaskState {
  taskId: string;
  part: Part;
  /** States of the runs, with the reasons for which they were resolved. */
  runs: readonly string[];
  /** Epoch seconds; undefined: not claimed. */
  takenUntil: number | undefined;
  isTracked: boolean;
  /** Both sides are at their right end. */
  hasArrived: boolean;
  /** Build requests in the scheduler database that the bridge sees. */
  requests: number;
}

/** Parts of tasks that nothing may happen to meanwhile. */
const UNTOUCHED: readonly Part[] = ['goes on', 'waits'];

export async function readStates(
  sandbox: Sandbox,
  actors: readonly Actor[],
  seen: SchedulerConnection = sandbox.scheduler,
): Promise<TaskState[]> {
  const rows = await sandbox.bridge.read((statements) =>
    statements.rows<{ taskId: string }>('SELECT * FROM tasks'),
  );
  const tracked = new Set(rows.map(({ taskId }) => taskId));
  const marks = await seen
    .read((statements) =>
      statements.rows<{ task: string }>('SELECT external_idstring AS task FROM buildsets'),
    )
    // A database without Buildbot's tables has no requests.
    .catch(() => []);
  return actors.map((actor) => {
    const { taskId, scenario } = actor;
    const { runs } = sandbox.taskcluster.state.status(taskId);
    const taken = runs.at(-1)?.takenUntil;
    return {
      taskId,
      part: scenario.name as Part,
      runs: runs.map(({ state, reasonResolved }) => reasonResolved ?? state),
      takenUntil: taken === undefined ? undefined : Date.parse(taken) / 1000,
      isTracked: tracked.has(taskId),
      hasArrived: hasArrived(actor),
      requests: marks.filter(({ task }) => task === `taskId:${taskId}`).length,
    };
  });
}

/** Completed runs without the properties of their build: each a sentence. */
export function findMissingArtifacts(
  taskcluster: Sandbox['taskcluster'],
  actors: readonly Actor[],
): string[] {
  return actors
    .filter(({ taskId }) => taskcluster.state.status(taskId).runs.at(-1)?.state === 'completed')
    .filter(({ taskId }) => {
      const artifacts = taskcluster.artifactsOf(taskId, 0);
      return !artifacts.some(
        ({ name, storageType }) => name === 'public/properties.json' && storageType !== 'error',
      );
    })
    .map(({ taskId, scenario }) => `${scenario.name}: ${taskId} is completed without its properties`);
}

/** What the bridge has done because of a fault: each a sentence. */
export function findHarm(
  before: readonly TaskState[],
  after: readonly TaskState[],
  { isDoubted, now }: { isDoubted: boolean; now: number },
): string[] {
  const harm: string[] = [];
  for (const state of after) {
    const { taskId, part, runs, takenUntil, isTracked, requests } = state;
    const was = before.find((one) => one.taskId === taskId);
    if (was && !isTracked && (isDoubted || !state.hasArrived)) harm.push(`${part}: ${taskId} was forgotten`);
    if (was && UNTOUCHED.includes(part) && runs.join() !== was.runs.join())
      harm.push(`${part}: ${taskId} was ${was.runs.join(', ')} and is ${runs.join(', ')}`);
    if (part === 'goes on' && (takenUntil ?? 0) <= now) harm.push(`${part}: the claim of ${taskId} expired`);
    if (part === 'created meanwhile' && isDoubted && requests > 0)
      harm.push(`${part}: ${taskId} got a build request`);
    if (requests > 1) harm.push(`${part}: ${taskId} has ${requests} build requests`);
  }
  return harm;
}
