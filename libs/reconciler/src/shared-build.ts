import type { BuildRef, Observation, TrackedTask, Verdict } from '@bbb/rules';
import type { ActContext } from './context.js';

/**
 * Whether a running build serves another request that is still needed, besides the one given up. Buildbot merges requests
 * for the same builder, branch and revision, and stopping their build stops it for all of them.
 *
 * @param isUnwanted whether what is known of another tracked task asks for the end of its request
 * @throws Unavailable when one of the others cannot be read
 */
export async function isBuildShared(
  build: BuildRef,
  { buildbot, store, queue }: Pick<ActContext, 'buildbot' | 'store' | 'queue'>,
  isUnwanted: (seen: Observation) => boolean,
): Promise<boolean> {
  const others = await buildbot.listSharers(build);
  if (others.length === 0) return false;
  const rows = new Map<number | null, TrackedTask>(
    (await store.findByBuildRequestIds(others)).map((row) => [row.buildRequestId, row]),
  );
  // What the bridge does not track belongs to a scheduler of Buildbot's, or is not known yet.
  if (others.some((id) => !rows.has(id))) return true;
  const tracked = [...rows.values()];
  const statuses = await queue.readStatuses(tracked.map(({ taskId }) => taskId));
  const snapshots = await buildbot.readSnapshots(others);
  return tracked.some((row) => {
    const status = statuses.get(row.taskId);
    const request = snapshots.get(row.buildRequestId ?? -1);
    if (status instanceof Error) throw status;
    if (request instanceof Error) throw request;
    return !isUnwanted({ row, status, request });
  });
}

/** Whether it has to be known that others share the build before a cancellation is decided on. */
export function needsSharing({ request, shared }: Observation, verdict: Verdict): boolean {
  return verdict === 'cancel-request' && request?.state.at === 'building' && shared === undefined;
}
