import { statusOf, type TaskRecord } from './task-record.js';
import { databaseTime, type Worker } from './wire.js';

/** A Pulse message as the queue publishes it: no messageId, timestamp or appId. */
export interface PulseMessage {
  payload: Record<string, unknown>;
  properties: {
    contentType: 'application/json';
    contentEncoding: 'utf-8';
    deliveryMode: 2;
    headers: { CC: string[] };
  };
}

/** Takes a message for Pulse. The queue publishes at best effort: what is thrown here is swallowed. */
export type Publish = (exchange: string, routingKey: string, message: PulseMessage) => void;

export const QUEUE_EXCHANGE_PREFIX = 'exchange/taskcluster-queue/v1/';

/** The exchanges that the simulated queue publishes to. */
export const QUEUE_EXCHANGES = [
  'task-defined',
  'task-pending',
  'task-running',
  'artifact-created',
  'task-completed',
  'task-failed',
  'task-exception',
].map((name) => QUEUE_EXCHANGE_PREFIX + name);

/** Announces what happened to a task, in the queue's formats. */
export class Announcer {
  constructor(private readonly publish: Publish) {}

  defined(task: TaskRecord): void {
    this.send('task-defined', task, undefined, undefined, { task: tagsOf(task) });
  }

  pending(task: TaskRecord, runId: number): void {
    this.send('task-pending', task, runId, undefined, { task: tagsOf(task), runId });
  }

  running(task: TaskRecord, runId: number): void {
    const worker = workerOf(task, runId);
    const takenUntil = databaseTime(task.runs[runId]!.takenUntil!);
    this.send('task-running', task, runId, worker, { runId, ...worker, takenUntil, task: tagsOf(task) });
  }

  resolved(task: TaskRecord, runId: number, outcome: 'completed' | 'failed'): void {
    const worker = workerOf(task, runId);
    this.send(`task-${outcome}`, task, runId, worker, { runId, task: tagsOf(task), ...worker });
  }

  /** @param named false where the queue leaves the worker out although the run had one: deadline-exceeded */
  exception(task: TaskRecord, runId: number, named = true): void {
    const worker = named ? workerOf(task, runId) : undefined;
    this.send('task-exception', task, runId, worker, { runId, task: tagsOf(task), ...worker });
  }

  artifactCreated(task: TaskRecord, runId: number, artifact: Record<string, unknown>): void {
    const worker = workerOf(task, runId);
    this.send('artifact-created', task, runId, worker, { runId, ...worker, artifact });
  }

  private send(
    kind: string,
    task: TaskRecord,
    runId: number | undefined,
    worker: Worker | undefined,
    facts: Record<string, unknown>,
  ): void {
    const { provisionerId, workerType, schedulerId, taskGroupId, routes } = task.definition;
    const routingKey = [
      'primary',
      task.taskId,
      runId ?? '_',
      worker?.workerGroup ?? '_',
      worker?.workerId ?? '_',
      provisionerId,
      workerType,
      schedulerId,
      taskGroupId,
      '_',
    ].join('.');
    const message: PulseMessage = {
      payload: { status: statusOf(task), ...facts, version: 1 },
      properties: {
        contentType: 'application/json',
        contentEncoding: 'utf-8',
        deliveryMode: 2,
        headers: { CC: routes.map((route) => `route.${route}`) },
      },
    };
    try {
      this.publish(QUEUE_EXCHANGE_PREFIX + kind, routingKey, message);
    } catch {
      // The call has its effect and succeeds; the message is lost.
    }
  }
}

const tagsOf = (task: TaskRecord) => ({ tags: task.definition.tags });

function workerOf(task: TaskRecord, runId: number): Worker | undefined {
  const { workerGroup, workerId } = task.runs[runId]!;
  return workerGroup === undefined || workerId === undefined ? undefined : { workerGroup, workerId };
}
