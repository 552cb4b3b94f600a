import { isDeepStrictEqual } from 'node:util';
import type { QueueContext } from './queue-context.js';
import { conflict, inputError } from './refusal.js';
import { completeDefinition, type TaskInput } from './task-definition.js';
import { latestRun, stateOf, statusOf, type TaskRecord } from './task-record.js';
import type { WireStatus, WireTask } from './wire.js';

/** What users and schedulers do to a task: create, cancel, rerun. Every method answers as Taskcluster 106 does. */
export class TaskTransitions {
  /** The schedulerId of every task group. */
  private readonly groups = new Map<string, string>();

  constructor(private readonly queue: QueueContext) {}

  create(taskId: string, input: TaskInput): WireStatus {
    const { queue } = this;
    const definition = completeDefinition(taskId, input, queue.now(), queue.settings);
    const scheduler = this.groups.get(definition.taskGroupId) ?? definition.schedulerId;
    if (scheduler !== definition.schedulerId) throw conflict('The task group has another schedulerId');
    const missing = definition.dependencies.filter((id) => id !== taskId && !queue.find(id));
    if (missing.length > 0) throw inputError(`Dependencies do not exist: ${missing.join(', ')}`);

    const existing = queue.find(taskId);
    if (existing && !isDeepStrictEqual(existing.definition, definition)) {
      throw conflict(`Task \`${taskId}\` exists already with another definition`);
    }
    const task = existing ?? this.add(taskId, definition);
    this.groups.set(definition.taskGroupId, definition.schedulerId);
    queue.deadlines.add(task.deadline + queue.settings.deadlineDelay * 1000, task);
    if (task.runs.length > 0 && task.runs[0]!.state !== 'pending') return statusOf(task);

    queue.announce.defined(task);
    if (task.runs.length === 0 && queue.hasAllItNeeds(task)) queue.schedule(task, 'scheduled');
    if (task.runs.length > 0) queue.announce.pending(task, 0);
    return statusOf(task);
  }

  cancel(taskId: string): WireStatus {
    const { queue } = this;
    const task = queue.get(taskId);
    if (task.deadline <= queue.now())
      throw conflict(`Task \`${taskId}\` can't be canceled past its deadline`);
    if (task.runs.length === 0) {
      task.runs.push({ state: 'pending', reasonCreated: 'exception', scheduled: queue.now() });
    }
    const run = latestRun(task)!;
    if (run.state === 'pending' || run.state === 'running') queue.resolve(task, run, 'exception', 'canceled');
    if (run.reasonResolved === 'canceled') queue.announce.exception(task, task.runs.length - 1);
    return statusOf(task);
  }

  rerun(taskId: string): WireStatus {
    const { queue } = this;
    const task = queue.get(taskId);
    if (task.deadline <= queue.now()) throw conflict(`Task \`${taskId}\` can't be rerun past its deadline`);
    const state = stateOf(task);
    if (state === 'running') return statusOf(task);
    if (state !== 'pending') {
      const { maxRuns } = queue.settings;
      if (task.runs.length >= maxRuns) throw conflict(`Task \`${taskId}\` has ${maxRuns} runs already`);
      task.retriesLeft = Math.min(task.definition.retries, maxRuns - task.runs.length - 1);
      queue.schedule(task, 'rerun');
    }
    queue.announce.pending(task, task.runs.length - 1);
    return statusOf(task);
  }

  private add(taskId: string, definition: WireTask): TaskRecord {
    const task = this.queue.add({
      taskId,
      definition,
      deadline: Date.parse(definition.deadline),
      expires: Date.parse(definition.expires),
      retriesLeft: definition.retries,
      runs: [],
    });
    for (const dependency of definition.dependencies) {
      const waiting = this.queue.dependents.get(dependency) ?? new Set();
      this.queue.dependents.set(dependency, waiting.add(task));
    }
    return task;
  }
}
