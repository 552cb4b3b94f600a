import {
  type Buildbot,
  classifyResults,
  type RequestKey,
  requestKeys,
  type RequestSnapshot,
  type TaskStatus,
} from '@bbb/rules';

/**
 * The key of the build request that serves a run: the newest key that has a request, unless that request was cancelled in
 * Buildbot and the run is a later rerun; without any request, the first key.
 */
export async function findRequestKey(
  status: TaskStatus,
  runId: number,
  buildbot: Buildbot,
): Promise<RequestKey | undefined> {
  const keys = requestKeys(status, runId);
  const newest = keys.at(-1);
  if (keys.length < 2) return newest;
  for (const key of [...keys].reverse()) {
    const buildRequestId = await buildbot.find(key);
    if (buildRequestId === undefined) continue;
    const request = await buildbot.readSnapshot(buildRequestId);
    return request && wasCancelled(request) ? newest : key;
  }
  return keys[0];
}

function wasCancelled({ state }: RequestSnapshot): boolean {
  return (
    state.at === 'cancelled' || (state.at === 'finished' && classifyResults(state.results) === 'cancelled')
  );
}
