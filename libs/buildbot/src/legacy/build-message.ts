import * as z from 'zod';
import { createBoundedArray, Invalid } from '@bbb/rules';

const MAX_ID = 2 ** 31 - 1;
const MAX_IDS = 1000;
const MAX_PROPERTIES = 5000;

/** The form of a task id. A build step may set the property to anything; other values are not task ids. */
const TASK_ID = /^[A-Za-z0-9_-]{22}$/;

const ids = createBoundedArray(MAX_IDS, z.int().min(1).max(MAX_ID));

// Unknown keys are not copied: a key named `__proto__` would set the message's prototype.
const schema = z.object({
  payload: z.object({
    build: z.object({
      number: z.int().min(0).max(MAX_ID),
      properties: createBoundedArray(MAX_PROPERTIES, z.unknown()).default([]),
      results: z.int().nullish(),
    }),
    request_ids: ids.optional(),
  }),
});

export type BuildProperty = readonly [name: string, value: unknown, source: string];

/** A build event of Buildbot, as its Pulse plugin (started) or its post-run step (log_uploaded) writes it. */
export interface BuildMessage {
  buildNumber: number;
  results: number | null;
  properties: BuildProperty[];
  /** For a coalesced build, only the last task; undefined for builds that are not the bridge's. */
  taskId?: string;
  buildRequestIds?: number[];
}

/**
 * Reads a started message. Its request ids were added by custom@c1c78ccc (2017-05); before, and when the plugin fails,
 * they are missing or empty.
 *
 * @throws Invalid when it is not such a message
 */
export function readStarted(payload: unknown): BuildMessage {
  return read(payload);
}

/**
 * Reads a log_uploaded message. Its request ids are a property, accepted only from the post-run step, because a build step
 * can set a property of the same name.
 *
 * @throws Invalid when it is not such a message, or is about a build for a task and has no request ids
 */
export function readLogUploaded(payload: unknown): BuildMessage {
  const message = read(payload);
  if (message.taskId === undefined) return message;
  const written = message.properties.find(
    ([name, , source]) => name === 'request_ids' && source === 'postrun.py',
  );
  const parsed = ids.safeParse(written?.[1]);
  if (!parsed.success || parsed.data.length === 0)
    throw new Invalid('log_uploaded without usable request_ids from postrun.py');
  return { ...message, buildRequestIds: parsed.data };
}

/** The URL of the log as the post-run step wrote it. */
export function readLogUrl({ properties }: BuildMessage): string | null {
  const written = properties.find(([name, , source]) => name === 'log_url' && source === 'postrun.py')?.[1];
  return typeof written === 'string' ? written : null;
}

function read(payload: unknown): BuildMessage {
  const result = schema.safeParse(payload);
  if (!result.success) throw new Invalid(`not a build message: ${z.prettifyError(result.error)}`);
  const { build, request_ids: buildRequestIds } = result.data.payload;
  const properties = build.properties.filter(isProperty);
  const taskId = properties.find(([name]) => name === 'taskId')?.[1];
  return {
    buildNumber: build.number,
    results: build.results ?? null,
    properties,
    taskId: typeof taskId === 'string' && TASK_ID.test(taskId) ? taskId : undefined,
    buildRequestIds: buildRequestIds && buildRequestIds.length > 0 ? buildRequestIds : undefined,
  };
}

/** Whether a property is readable; an unreadable one is left out, so that the build's result is not lost. */
function isProperty(entry: unknown): entry is BuildProperty {
  return (
    Array.isArray(entry) && entry.length === 3 && typeof entry[0] === 'string' && typeof entry[2] === 'string'
  );
}
