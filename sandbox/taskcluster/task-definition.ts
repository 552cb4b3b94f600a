import { PATTERNS } from './identifiers.js';
import { inputError, QueueRefusal } from './refusal.js';
import type { QueueSettings } from './settings.js';
import { isoTime, type WireTask } from './wire.js';

/** From the most to the least urgent. */
export const PRIORITIES = ['highest', 'very-high', 'high', 'medium', 'low', 'very-low', 'lowest'];

/** What createTask takes: some way to name the queue, created, deadline, payload and metadata; the rest has defaults. */
export type TaskInput = Partial<WireTask> & Pick<WireTask, 'created' | 'deadline' | 'payload' | 'metadata'>;

const KNOWN_KEYS = new Set([
  'provisionerId',
  'workerType',
  'taskQueueId',
  'schedulerId',
  'projectId',
  'taskGroupId',
  'dependencies',
  'requires',
  'routes',
  'priority',
  'retries',
  'created',
  'deadline',
  'expires',
  'scopes',
  'payload',
  'metadata',
  'tags',
  'extra',
]);

/**
 * Checks a task definition as the API does, and fills in its defaults.
 *
 * @param now epoch milliseconds
 * @throws QueueRefusal with status 400
 */
export function completeDefinition(
  taskId: string,
  input: TaskInput,
  now: number,
  settings: QueueSettings,
): WireTask {
  checkSchema(input);
  const created = Date.parse(input.created);
  const deadline = Date.parse(input.deadline);
  const expires =
    input.expires ?? isoTime(new Date(deadline).setUTCFullYear(new Date(deadline).getUTCFullYear() + 1));

  if (Math.abs(created - now) > settings.createdTolerance * 1000)
    throw inputError('`created` is too far from now');
  if (deadline <= now) throw inputError('`deadline` is in the past');
  if (deadline > now + settings.maxDeadline * 1000) {
    throw inputError('`deadline` is too far in the future');
  }
  if (Date.parse(expires) < deadline) throw inputError('`expires` is before `deadline`');
  if (input.scopes?.some((scope) => scope.endsWith('**'))) throw inputError('a scope must not end in `**`');

  return {
    ...queueOf(input),
    schedulerId: input.schedulerId ?? '-',
    projectId: input.projectId ?? 'none',
    taskGroupId: input.taskGroupId ?? taskId,
    dependencies: input.dependencies ?? [],
    requires: input.requires ?? 'all-completed',
    routes: input.routes ?? [],
    priority: input.priority ?? 'lowest',
    retries: input.retries ?? 5,
    created: isoTime(created),
    deadline: isoTime(deadline),
    expires: isoTime(Date.parse(expires)),
    scopes: input.scopes ?? [],
    payload: input.payload,
    metadata: input.metadata,
    tags: input.tags ?? {},
    extra: input.extra ?? {},
  };
}

function queueOf(input: TaskInput): Pick<WireTask, 'provisionerId' | 'workerType' | 'taskQueueId'> {
  const pair =
    input.provisionerId !== undefined && input.workerType !== undefined
      ? `${input.provisionerId}/${input.workerType}`
      : undefined;
  const taskQueueId = input.taskQueueId ?? pair;
  if (taskQueueId === undefined)
    throw inputError('a task needs a taskQueueId, or provisionerId and workerType');
  if (pair !== undefined && pair !== taskQueueId) {
    throw inputError('taskQueueId does not agree with provisionerId and workerType');
  }
  const [provisionerId, workerType] = taskQueueId.split('/') as [string, string];
  return { provisionerId, workerType, taskQueueId };
}

function checkSchema(input: TaskInput): void {
  const wrong: string[] = Object.keys(input).filter((key) => !KNOWN_KEYS.has(key));
  const expect = (key: string, right: boolean) => {
    if (!right) wrong.push(key);
  };
  const optional = (value: unknown, check: (value: string) => boolean) =>
    value === undefined || (typeof value === 'string' && check(value));
  const isDate = (value: string) => !Number.isNaN(Date.parse(value));
  const strings = (value: unknown, limit: number, pattern: RegExp) =>
    value === undefined ||
    (Array.isArray(value) &&
      value.length <= limit &&
      value.every((item) => typeof item === 'string' && pattern.test(item)));

  expect('created', typeof input.created === 'string' && isDate(input.created));
  expect('deadline', typeof input.deadline === 'string' && isDate(input.deadline));
  expect('expires', optional(input.expires, isDate));
  expect('payload', isObject(input.payload));
  expect('metadata', isMetadata(input.metadata));
  expect(
    'tags',
    input.tags === undefined || (isObject(input.tags) && Object.values(input.tags).every(isText(4096))),
  );
  expect('extra', input.extra === undefined || isObject(input.extra));
  expect(
    'priority',
    optional(input.priority, (value) => PRIORITIES.includes(value)),
  );
  expect(
    'requires',
    optional(input.requires, (value) => ['all-completed', 'all-resolved'].includes(value)),
  );
  expect('dependencies', strings(input.dependencies, 10_000, PATTERNS.taskId));
  expect('routes', strings(input.routes, 64, /^[^]{1,249}$/));
  expect('scopes', strings(input.scopes, Infinity, PATTERNS.scope));
  for (const key of ['provisionerId', 'workerType', 'taskQueueId', 'schedulerId', 'projectId'] as const) {
    expect(
      key,
      optional(input[key], (value) => PATTERNS[key].test(value)),
    );
  }
  expect(
    'taskGroupId',
    optional(input.taskGroupId, (value) => PATTERNS.taskId.test(value)),
  );
  const { retries } = input;
  expect('retries', retries === undefined || (Number.isInteger(retries) && retries >= 0 && retries <= 49));

  if (wrong.length > 0) {
    throw new QueueRefusal('InputValidationError', `Schema validation failed: ${wrong.join(', ')}`);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(limit: number): (value: unknown) => boolean {
  return (value) => typeof value === 'string' && value.length <= limit;
}

function isMetadata(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { name, description, owner, source, ...others } = value;
  return (
    isText(255)(name) &&
    isText(32_768)(description) &&
    isText(255)(owner) &&
    isText(4096)(source) &&
    /^(https?:\/\/|ssh:\/\/|git@)/.test(source as string) &&
    Object.keys(others).length === 0
  );
}
