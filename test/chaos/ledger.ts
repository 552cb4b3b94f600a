import type { SchedulerConnection } from '../../sandbox/buildbot/index.js';
import type { Sandbox } from '../../sandbox/sandbox.js';
import type { TaskStory } from './load.js';

/** A build request as the scheduler database has it in the end. */
export interface BookedRequest {
  buildRequestId: number;
  /** The run named in its property; undefined when it names none. */
  createdForRunId: number | undefined;
  complete: boolean;
  results: number | null;
  /** In their order; false: it never ended. */
  builds: boolean[];
}

/** A run as Taskcluster has it in the end. */
export interface BookedRun {
  state: string;
  reasonResolved?: string;
  /** End of its last claim. */
  takenUntil?: string;
}

/** One task on both sides, and what its users did. */
export interface BookedTask extends Pick<
  TaskStory,
  'taskId' | 'scenario' | 'userRuns' | 'cancelledRuns' | 'cancelledRequests'
> {
  runs: readonly BookedRun[];
  requests: readonly BookedRequest[];
  /** Those whose build Self Serve stopped in the place of another one that had had the same number. */
  hitInsteadOfAnother: readonly number[];
  /** Both sides in words. */
  taskcluster: string;
  buildbot: string;
}

/** Reads both sides past the bridge. The stories must have been looked at a moment ago. */
export async function readBooks(sandbox: Sandbox, stories: readonly TaskStory[]): Promise<BookedTask[]> {
  const requests = await readRequests(sandbox.scheduler);
  const hit = await strangersHit(sandbox);
  return stories.map((story) => ({
    ...story,
    hitInsteadOfAnother: (requests.get(story.taskId) ?? [])
      .map(({ buildRequestId }) => buildRequestId)
      .filter((buildRequestId) => hit.has(buildRequestId)),
    runs: sandbox.taskcluster.state.status(story.taskId).runs,
    requests: requests.get(story.taskId) ?? [],
    taskcluster: story.seen?.taskcluster ?? '',
    buildbot: story.seen?.buildbot ?? '',
  }));
}

async function readRequests(scheduler: SchedulerConnection): Promise<Map<string, BookedRequest[]>> {
  interface Row {
    task: string;
    brid: number;
    run: string | null;
    complete: number;
    results: number | null;
    build: number | null;
    finished: number | null;
  }
  const rows = await scheduler.read((statements) =>
    statements.rows<Row>(
      `SELECT bs.external_idstring AS task, br.id AS brid, p.property_value AS run, br.complete AS complete,
          br.results AS results, b.id AS build, b.finish_time AS finished
        FROM buildrequests br JOIN buildsets bs ON bs.id = br.buildsetid
        LEFT JOIN buildset_properties p ON p.buildsetid = bs.id AND p.property_name = 'createdForRunId'
        LEFT JOIN builds b ON b.brid = br.id
        WHERE bs.external_idstring LIKE 'taskId:%' ORDER BY br.id, b.id`,
    ),
  );
  const byTask = new Map<string, BookedRequest[]>();
  for (const { task, brid, run, complete, results, build, finished } of rows) {
    const taskId = task.slice('taskId:'.length);
    const requests = byTask.get(taskId) ?? [];
    byTask.set(taskId, requests);
    let request = requests.find(({ buildRequestId }) => buildRequestId === brid);
    if (!request) {
      const createdForRunId = run === null ? undefined : Number((JSON.parse(run) as unknown[])[0]);
      request = { buildRequestId: brid, createdForRunId, complete: complete === 1, results, builds: [] };
      requests.push(request);
    }
    if (build !== null) request.builds.push(finished !== null);
  }
  return byTask;
}

/**
 * Self Serve finds the number of the build that it was asked to stop, and its agent stops whatever has the number some
 * time later. A master that is killed in between gives the number to the next build: nobody outside can prevent it.
 */
async function strangersHit({ scheduler, selfServe }: Sandbox): Promise<Set<number>> {
  interface Row {
    id: number;
    brid: number;
    number: number;
    builder: string;
    finished: number | null;
  }
  const builds = await scheduler.read((statements) =>
    statements.rows<Row>(
      `SELECT b.id AS id, b.brid AS brid, b.number AS number, br.buildername AS builder, b.finish_time AS finished
        FROM builds b JOIN buildrequests br ON br.id = b.brid`,
    ),
  );
  const asked = selfServe.jobs
    .filter(({ outcome }) => outcome?.errors === false)
    .flatMap(({ what: { bid, brid } }) =>
      // Those that never ended are the ones whose numbers were given out again.
      builds.filter((build) => (build.id === bid || build.brid === brid) && build.finished === null),
    );
  return new Set(
    asked.flatMap(({ id, brid, number, builder }) =>
      builds
        .filter((other) => other.id > id && other.brid !== brid)
        .filter((other) => other.number === number && other.builder === builder)
        .map((other) => other.brid),
    ),
  );
}
