import { json, type ApiContext, type ApiMethod, type ApiRequest } from './api-method.js';
import { PATTERNS } from './identifiers.js';
import { QueueRefusal } from './refusal.js';
import type { ScopeNeed } from './scopes.js';
import type { Page, PageRequest } from './queue-state.js';
import { PRIORITIES, type TaskInput } from './task-definition.js';
import { runCredentials } from './temporary-credentials.js';
import type { WireClaim, WireTask, Worker } from './wire.js';

const BASE = '/api/queue/v1';

/** The queue's methods for tasks, runs and lists. */
export const QUEUE_METHODS: readonly ApiMethod[] = [
  method('task', 'GET', '/task/:taskId', (request, { state }) => {
    request.authorize(`queue:get-task:${request.params.taskId}`);
    return state.task(request.params.taskId!);
  }),
  method('createTask', 'PUT', '/task/:taskId', (request, { state }) => {
    const input = objectBody(request) as unknown as TaskInput;
    request.authorize(creationNeed(input));
    return { status: state.createTask(request.params.taskId!, input) };
  }),
  method('status', 'GET', '/task/:taskId/status', (request, { state }) => {
    request.authorize(`queue:status:${request.params.taskId}`);
    return { status: state.status(request.params.taskId!) };
  }),
  method('tasks', 'POST', '/tasks', (request, { state }) => {
    const taskIds = taskIdsOf(request);
    request.authorize({ all: taskIds.map((taskId) => `queue:get-task:${taskId}`) });
    return pageReply('tasks', state.tasks(taskIds, pageOf(request)));
  }),
  method('statuses', 'POST', '/tasks/status', (request, { state }) => {
    const taskIds = taskIdsOf(request);
    request.authorize({ all: taskIds.map((taskId) => `queue:status:${taskId}`) });
    return pageReply('statuses', state.statuses(taskIds, pageOf(request)));
  }),
  method('getTaskQueue', 'GET', '/task-queues/:taskQueueId', (request, { state }) => {
    const taskQueueId = request.params.taskQueueId!;
    request.authorize(`queue:get-task-queue:${taskQueueId}`);
    if (!state.knowsTaskQueue(taskQueueId))
      throw new QueueRefusal(
        'ResourceNotFound',
        `Task queue with \`${taskQueueId}\` not found. Are you sure it was created?`,
      );
    const [provisionerId, workerType] = taskQueueId.split('/');
    const soon = new Date(state.now() + 432_000_000).toISOString();
    const common = { stability: 'experimental', description: '', expires: soon, lastDateActive: soon };
    return { taskQueueId, provisionerId, workerType, ...common };
  }),
  method('listPendingTasks', 'GET', '/task-queues/:taskQueueId/pending', (request, { state }) => {
    request.authorize(`queue:pending-list:${request.params.taskQueueId}`);
    return pageReply('tasks', state.listPending(request.params.taskQueueId!, pageOf(request)));
  }),
  method('listClaimedTasks', 'GET', '/task-queues/:taskQueueId/claimed', (request, { state }) => {
    request.authorize(`queue:claimed-list:${request.params.taskQueueId}`);
    return pageReply('tasks', state.listClaimed(request.params.taskQueueId!, pageOf(request)));
  }),
  method('claimTask', 'POST', '/task/:taskId/runs/:runId/claim', (request, context) => {
    const worker = workerOf(request);
    const { taskId, runId } = runOf(request);
    const { provisionerId, workerType } = context.state.task(taskId);
    request.authorize({
      all: [
        `queue:claim-task:${provisionerId}/${workerType}`,
        `queue:worker-id:${worker.workerGroup}/${worker.workerId}`,
      ],
    });
    return withCredentials(context, taskId, context.state.claimTask(taskId, runId, worker));
  }),
  method('reclaimTask', 'POST', '/task/:taskId/runs/:runId/reclaim', (request, context) => {
    const { taskId, runId } = runOf(request);
    request.authorize(`queue:reclaim-task:${taskId}/${runId}`);
    return withCredentials(context, taskId, context.state.reclaimTask(taskId, runId));
  }),
  method('reportCompleted', 'POST', '/task/:taskId/runs/:runId/completed', (request, { state }) => {
    const { taskId, runId } = resolving(request);
    return { status: state.reportCompleted(taskId, runId) };
  }),
  method('reportFailed', 'POST', '/task/:taskId/runs/:runId/failed', (request, { state }) => {
    const { taskId, runId } = resolving(request);
    return { status: state.reportFailed(taskId, runId) };
  }),
  method('reportException', 'POST', '/task/:taskId/runs/:runId/exception', (request, { state }) => {
    const { reason, ...others } = objectBody(request);
    if (typeof reason !== 'string' || Object.keys(others).length > 0) throw invalidInput('reason');
    const { taskId, runId } = resolving(request);
    return { status: state.reportException(taskId, runId, reason) };
  }),
  method('cancelTask', 'POST', '/task/:taskId/cancel', (request, { state }) => {
    const taskId = request.params.taskId!;
    request.authorize(ownerNeed('cancel-task', taskId, state.task(taskId)));
    return { status: state.cancelTask(taskId) };
  }),
  method('rerunTask', 'POST', '/task/:taskId/rerun', (request, { state }) => {
    const taskId = request.params.taskId!;
    request.authorize(ownerNeed('rerun-task', taskId, state.task(taskId)));
    return { status: state.rerunTask(taskId) };
  }),
];

function method(
  name: string,
  verb: ApiMethod['verb'],
  path: string,
  answer: (request: ApiRequest, context: ApiContext) => unknown,
): ApiMethod {
  return { name, verb, path: BASE + path, handle: (request, context) => json(answer(request, context)) };
}

function withCredentials(context: ApiContext, taskId: string, claim: WireClaim) {
  const { state } = context;
  const { runId, workerGroup, workerId } = claim;
  const { scopes } = state.task(taskId);
  const expiry = state.now() + state.settings.claimTimeout * 1000;
  const run = { taskId, runId, workerGroup, workerId, taskScopes: scopes };
  const credentials = runCredentials(run, state.now(), expiry);
  state.issued.push(credentials);
  return { ...claim, credentials };
}

function resolving(request: ApiRequest) {
  const run = runOf(request);
  request.authorize(`queue:resolve-task:${run.taskId}/${run.runId}`);
  return run;
}

export function runOf(request: ApiRequest): { taskId: string; runId: number } {
  return { taskId: request.params.taskId!, runId: Number(request.params.runId) };
}

export function objectBody(request: ApiRequest): Record<string, unknown> {
  const { body } = request;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw invalidInput('body');
  return body as Record<string, unknown>;
}

export function invalidInput(what: string): QueueRefusal {
  return new QueueRefusal('InputValidationError', `Schema validation failed: ${what}`);
}

function workerOf(request: ApiRequest): Worker {
  const { workerGroup, workerId, ...others } = objectBody(request);
  const right =
    typeof workerGroup === 'string' &&
    PATTERNS.workerGroup.test(workerGroup) &&
    typeof workerId === 'string' &&
    PATTERNS.workerId.test(workerId) &&
    Object.keys(others).length === 0;
  if (!right) throw invalidInput('workerGroup, workerId');
  return { workerGroup, workerId };
}

function taskIdsOf(request: ApiRequest): string[] {
  const { taskIds = [], ...others } = objectBody(request);
  if (!Array.isArray(taskIds) || !taskIds.every((id) => typeof id === 'string'))
    throw invalidInput('taskIds');
  if (Object.keys(others).length > 0) throw invalidInput(Object.keys(others).join(', '));
  return taskIds;
}

function pageOf(request: ApiRequest): PageRequest {
  const limit = request.query.get('limit');
  const continuationToken = request.query.get('continuationToken');
  if (
    (limit !== null && !/^[0-9]+$/.test(limit)) ||
    (continuationToken !== null && !/^[0-9]+$/.test(continuationToken))
  )
    throw new QueueRefusal('InvalidRequestArguments', 'Query-string parameters do not match their pattern');
  return {
    ...(limit === null ? {} : { limit: Number(limit) }),
    ...(continuationToken === null ? {} : { continuationToken }),
  };
}

function pageReply(key: string, page: Page<unknown>) {
  const { items, continuationToken } = page;
  return { [key]: items, ...(continuationToken === undefined ? {} : { continuationToken }) };
}

function ownerNeed(verb: 'cancel-task' | 'rerun-task', taskId: string, task: WireTask): ScopeNeed {
  const { schedulerId, taskGroupId, projectId } = task;
  return {
    any: [
      `queue:${verb}:${schedulerId}/${taskGroupId}/${taskId}`,
      `queue:${verb}-in-project:${projectId}`,
      { all: [`queue:${verb}`, `assume:scheduler-id:${schedulerId}/${taskGroupId}`] },
    ],
  };
}

function creationNeed(input: TaskInput): ScopeNeed {
  const queue = input.taskQueueId ?? `${input.provisionerId}/${input.workerType}`;
  const upTo = PRIORITIES.indexOf(input.priority ?? 'lowest') + 1;
  return {
    all: [
      ...(Array.isArray(input.scopes) ? input.scopes : []),
      ...(Array.isArray(input.routes) ? input.routes : []).map((route) => `queue:route:${route}`),
      `queue:create-task:project:${input.projectId ?? 'none'}`,
      `queue:scheduler-id:${input.schedulerId ?? '-'}`,
      { any: PRIORITIES.slice(0, upTo).map((priority) => `queue:create-task:${priority}:${queue}`) },
    ],
  };
}
