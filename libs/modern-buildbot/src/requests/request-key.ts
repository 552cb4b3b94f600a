import type { RequestKey, RequestMark } from '@bbb/rules';
import type { SetRow } from './rows.js';

/** The reason that Buildbot gives to a build set that a user has rebuilt; such a copy has the key as well. */
const REBUILD = 'rebuild';

/** The reason by which the plugin marks a withdrawal. */
export const WITHDRAWN = 'withdrawn by the bridge';

const KEY = /^([A-Za-z0-9_-]{22})\/(0|[1-9]\d{0,5})$/;

/** The key at the end of the reason, which the scheduler may put into a sentence of its own. */
const KEY_IN_REASON = /\(([^()]+)\)$/;

/** Where a build set has its key: the plugin writes it as `external_idstring`, a stock scheduler cannot. */
export type KeyPlace = 'id' | 'reason';

/** A request key as the build set's `external_idstring`: `<taskId>/<run it was created for>`. */
export function formatKey({
  taskId,
  createdForRunId,
}: Pick<RequestKey, 'taskId' | 'createdForRunId'>): string {
  return `${taskId}/${createdForRunId}`;
}

/** The reason of a request; a stock scheduler keeps the key in it. */
export function formatReason(key: Pick<RequestKey, 'taskId' | 'createdForRunId'>): string {
  return `Created by Buildbot Bridge for task ${key.taskId} (${formatKey(key)})`;
}

/** The task and run that a build set was created for; null when the bridge did not create it. */
export function readMark(set: SetRow, place: KeyPlace): RequestMark | null {
  const [, taskId, run] = KEY.exec(readKey(set, place) ?? '') ?? [];
  if (taskId === undefined || set.reason === REBUILD) return null;
  return { taskId, createdForRunId: Number(run) };
}

/**
 * Whether a build set belongs to a key. Databases may ignore case and trailing spaces, so the texts are compared again.
 */
export function belongsToKey(set: SetRow, key: string, place: KeyPlace): boolean {
  return readKey(set, place) === key && set.reason !== REBUILD;
}

function readKey({ external_idstring: id, reason }: SetRow, place: KeyPlace): string | undefined {
  return place === 'id' ? (id ?? undefined) : KEY_IN_REASON.exec(reason ?? '')?.[1];
}
