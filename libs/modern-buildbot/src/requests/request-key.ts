import type { RequestKey, RequestMark } from '@bbb/rules';
import type { SetRow } from './rows.js';

/** The reason that Buildbot gives to a build set that a user has rebuilt; such a copy has the key as well. */
const REBUILD = 'rebuild';

/** The reason by which the plugin marks a withdrawal. */
export const WITHDRAWN = 'withdrawn by the bridge';

const KEY = /^([A-Za-z0-9_-]{22})\/(0|[1-9]\d{0,5})$/;

/** A request key as the build set's `external_idstring`: `<taskId>/<run it was created for>`. */
export function formatKey({
  taskId,
  createdForRunId,
}: Pick<RequestKey, 'taskId' | 'createdForRunId'>): string {
  return `${taskId}/${createdForRunId}`;
}

/** The task and run that a build set was created for; null when the bridge did not create it. */
export function readMark({ external_idstring: text, reason }: SetRow): RequestMark | null {
  const [, taskId, run] = KEY.exec(text ?? '') ?? [];
  if (taskId === undefined || reason === REBUILD) return null;
  return { taskId, createdForRunId: Number(run) };
}

/**
 * Whether a build set belongs to a key. Databases may ignore case and trailing spaces, so the texts are compared again.
 */
export function belongsToKey({ external_idstring: text, reason }: SetRow, key: string): boolean {
  return text === key && reason !== REBUILD;
}
