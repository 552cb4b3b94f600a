import type { TaskDefinition, TaskStatus } from '@bbb/rules';
import * as z from 'zod';
import { MalformedReply } from './calls/answers.js';
import { LargeValue } from './large-json/read-large-json.js';

// Unknown keys are dropped, not rejected: the API gains new ones over the years.

/** Converts a time to epoch seconds; the queue uses two formats, `...616Z` and `...61+00:00`. */
const time = z.string().transform((text, context) => {
  const milliseconds = Date.parse(text);
  if (Number.isNaN(milliseconds)) context.addIssue({ code: 'custom', message: 'not a time' });
  return milliseconds / 1000;
});

const runState = z.enum(['pending', 'running', 'completed', 'failed', 'exception']);

const run = z.object({
  runId: z.number().int().nonnegative(),
  state: runState,
  reasonCreated: z.string(),
  reasonResolved: z.string().optional(),
  workerGroup: z.string().optional(),
  workerId: z.string().optional(),
  takenUntil: time.optional(),
  scheduled: time,
  resolved: time.optional(),
});

/** Deployments of 2015 have only provisionerId and workerType. */
const queueNames = {
  taskQueueId: z.string().optional(),
  provisionerId: z.string().optional(),
  workerType: z.string().optional(),
};

type NamedQueue = { [K in keyof typeof queueNames]?: string | undefined };

function readQueueId(
  { taskQueueId, provisionerId, workerType }: NamedQueue,
  context: z.RefinementCtx,
): string {
  if (taskQueueId === undefined && (provisionerId === undefined || workerType === undefined)) {
    context.addIssue({ code: 'custom', message: 'no task queue' });
  }
  return taskQueueId ?? `${provisionerId}/${workerType}`;
}

const status = z
  .object({
    taskId: z.string(),
    ...queueNames,
    state: z.union([runState, z.literal('unscheduled')]),
    deadline: time,
    expires: z.string().optional(),
    retriesLeft: z.number().int(),
    runs: z.array(run).refine((runs) => runs.every(({ runId }, index) => runId === index)),
  })
  // Written out: a pass reads many, and to copy what is left of an object takes hundreds of times as long.
  .transform((read, context) => ({
    taskId: read.taskId,
    taskQueueId: readQueueId(read, context),
    state: read.state,
    deadline: read.deadline,
    expires: read.expires,
    retriesLeft: read.retriesLeft,
    runs: read.runs,
  }));

/** Scopes that are too large to be read count as none: a restricted builder then stays closed. */
const scopes = z.union([z.array(z.string()), z.instanceof(LargeValue).transform((): string[] => [])]);

const definition = z
  .object({
    ...queueNames,
    priority: z.string().default('lowest'),
    created: time,
    deadline: z.string(),
    expires: z.string().optional(),
    scopes: scopes.default([]),
    payload: z.unknown(),
  })
  .transform(({ deadline, expires, payload, priority, created, scopes, ...named }, context) => ({
    priority,
    created,
    scopes,
    taskQueueId: readQueueId(named, context),
    ...readPayload(payload),
    expires: expires ?? addYear(deadline),
  }));

/** Keeps only the builder's name of a payload that is too large; the name identifies whose task it is. */
function readPayload(payload: unknown): { payload: unknown; isAbridged?: true } {
  if (!(payload instanceof LargeValue)) return { payload };
  const { buildername } = payload;
  return { payload: typeof buildername === 'string' ? { buildername } : {}, isAbridged: true };
}

const statusReply = z.object({ status }).transform((reply): TaskStatus => reply.status);

const credentials = z.object({ clientId: z.string(), accessToken: z.string(), certificate: z.string() });

const claimReply = z.object({ takenUntil: time, status, credentials: credentials.optional() });

/** The entries of a batch are read one by one, so that a malformed one does not affect the others. */
const batch = {
  statuses: z.object({ statuses: z.array(z.unknown()), continuationToken: z.string().optional() }),
  tasks: z.object({ tasks: z.array(z.unknown()), continuationToken: z.string().optional() }),
};

const statusEntry = z
  .object({ taskId: z.string(), status })
  .refine((entry) => entry.taskId === entry.status.taskId)
  .transform((entry) => ({ taskId: entry.taskId, value: entry.status satisfies TaskStatus }));

const definitionEntry = z
  .object({ taskId: z.string(), task: definition })
  .transform(({ taskId, task }) => ({ taskId, value: task satisfies TaskDefinition }));

/** Reads a page of a batch: its readable entries, and the number of malformed ones. */
function readEntries<T>(entries: unknown[], schema: z.ZodType<T>): { items: T[]; malformed: number } {
  const read = entries.map((entry) => schema.safeParse(entry));
  const items = read.flatMap((result) => (result.success ? [result.data] : []));
  return { items, malformed: entries.length - items.length };
}

/** Entries of a list are read one by one, like those of a batch. */
const listReply = z.object({ tasks: z.array(z.unknown()), continuationToken: z.string().optional() });

const listItem = z.object({ taskId: z.string(), runId: z.number().int(), task: definition });

const s3Reply = z.object({ putUrl: z.url() });

const objectReply = z.object({
  name: z.string(),
  projectId: z.string(),
  uploadId: z.string(),
  expires: z.string(),
  credentials,
});

const artifactReply = z.object({ storageType: z.string() });

const uploadReply = z.object({
  uploadMethod: z.object({
    dataInline: z.boolean().optional(),
    putUrl: z.object({ url: z.url(), headers: z.record(z.string(), z.string()) }).optional(),
  }),
});

/** Readers of replies. Each throws Unavailable when the reply does not match the API's schema. */
export const readReply = {
  status: createReader(statusReply),
  claim: createReader(claimReply),
  statuses: (method: string, reply: unknown) => {
    const { statuses, continuationToken } = createReader(batch.statuses)(method, reply);
    return { ...readEntries(statuses, statusEntry), continuationToken };
  },
  definition: createReader(definition),
  definitions: (method: string, reply: unknown) => {
    const { tasks, continuationToken } = createReader(batch.tasks)(method, reply);
    return { ...readEntries(tasks, definitionEntry), continuationToken };
  },
  list: createReader(listReply),
  s3: createReader(s3Reply),
  object: createReader(objectReply),
  artifact: createReader(artifactReply),
  upload: createReader(uploadReply),
};

/** Reads an entry of a list; undefined when it is malformed. */
export function readListItem(item: unknown) {
  const read = listItem.safeParse(item);
  if (!read.success) return undefined;
  const { taskId, runId, task } = read.data;
  const { scopes: given } = (item as { task: { scopes?: unknown } }).task;
  const definition: TaskDefinition = given instanceof LargeValue ? { ...task, isAbridged: true } : task;
  return { taskId, runId, definition };
}

function createReader<T>(schema: z.ZodType<T>): (method: string, reply: unknown) => T {
  return (method, reply) => {
    const read = schema.safeParse(reply);
    if (!read.success) throw new MalformedReply(method);
    return read.data;
  };
}

/** The queue's own default for `expires`. */
function addYear(deadline: string): string {
  const date = new Date(deadline);
  date.setUTCFullYear(date.getUTCFullYear() + 1);
  return Number.isNaN(date.getTime()) ? deadline : date.toISOString();
}
