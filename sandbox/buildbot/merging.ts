import type { BuilderSetting } from './plan.js';
import type { LoadedRequest } from './scheduler/requests.js';

/** More than this Mozilla never put into one build. */
const MOST_MERGED = 8;

/** The requests that share a build with the first one, itself included. */
export function mergedWith(
  first: LoadedRequest,
  requests: readonly LoadedRequest[],
  builder: BuilderSetting,
): LoadedRequest[] {
  if (builder.merge === false) return [first];
  return [first, ...requests.filter((other) => other !== first && canMerge(first, other))].slice(
    0,
    MOST_MERGED,
  );
}

function canMerge(a: LoadedRequest, b: LoadedRequest): boolean {
  if (staysAlone(a) || staysAlone(b)) return false;
  if (a.branch !== b.branch || a.project !== b.project) return false;
  return a.hasChanges ? b.hasChanges : !b.hasChanges && a.revision === b.revision;
}

function staysAlone({ hasPatch, reason, properties }: LoadedRequest): boolean {
  return hasPatch || reason.includes('Self-serve') || properties.some(([name]) => name === 'nightly_build');
}
