import * as z from 'zod';
import { arrayUpTo, Invalid } from '@bbb/rules';

const MAX_ID = 2 ** 31 - 1;
const MAX_IDS = 1000;
const MAX_PROPERTIES = 5000;

/** What a task id can look like; a build step may set the property to anything, and then no task is meant. */
const TASK_ID = /^[A-Za-z0-9_-]{22}$/;

const ids = arrayUpTo(MAX_IDS, z.int().min(1).max(MAX_ID));

// Nothing unknown is copied: a key named `__proto__` would lend the message its values.
const schema = z.object({
  payload: z.object({
    build: z.object({
      number: z.int().min(0).max(MAX_ID),
      properties: arrayUpTo(MAX_PROPERTIES, z.unknown()).default([]),
      results: z.int().nullish(),
    }),
    request_ids: ids.optional(),
  }),
});

export type BuildProperty = readonly [name: string, value: unknown, source: string];

/** A build event of Buildbot's, as its Pulse plugin (started) or its post-run step (log_uploaded) writes it. */
export interface BuildMessage {
  buildNumber: number;
  results: number | null;
  properties: BuildProperty[];
  /** Of a coalesced build it is the last task's only; undefined on builds that are not the bridge's. */
  taskId?: string;
  buildRequestIds?: number[];
}

/**
 * Reads a started message. Its request ids came with custom@c1c78ccc (2017-05); before, and when the plugin fails,
 * they are missing or empty.
 *
 * @throws Invalid when it is no such message
 */
export function readStarted(payload: unknown): BuildMessage {
  return read(payload);
}

/**
 * Reads a log_uploaded message. Its request ids are a property, believed only from the post-run step: a build step
 * can set a property of the same name.
 *
 * @throws Invalid when it is no such message, or one of ours without request ids
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

/** The log's address as the post-run step wrote it. */
export function logUrlOf({ properties }: BuildMessage): string | null {
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

/** One unreadable property is no reason to lose a build's result. */
function isProperty(entry: unknown): entry is BuildProperty {
  return (
    Array.isArray(entry) && entry.length === 3 && typeof entry[0] === 'string' && typeof entry[2] === 'string'
  );
}
