import { setTimeout as sleep } from 'node:timers/promises';
import { TaskclusterSimulator } from '../../sandbox/taskcluster/index.js';
import { answerCommands } from './asked-process.js';
import type { MadeTask, TaskChange, TaskclusterCommand, TaskclusterReplies } from './taskcluster-commands.js';

/** Seconds by which the clock is held back while tasks are made that were claimed long ago. */
let back = 0;
const WORKER = { workerGroup: 'buildbot-bridge', workerId: 'buildbot-bridge' };
const taskIds: string[] = [];
/** The last known state of each task that has not been completed. */
const unfinished = new Map<string, string>();

const simulator = await new TaskclusterSimulator({
  clock: { now: () => Date.now() / 1000 - back },
  latency: Number(process.argv[2] ?? 0),
  tickEvery: 1000,
}).start();

async function answer(command: TaskclusterCommand): Promise<TaskclusterReplies[TaskclusterCommand['ask']]> {
  switch (command.ask) {
    case 'url':
      return simulator.url;
    case 'create':
      return Array.from({ length: command.count }, () => make(command));
    case 'called':
      while (simulator.calls.count(command.method) < command.count) await sleep(5);
      return null;
    case 'states': {
      const states: Record<string, number> = {};
      for (const taskId of taskIds) {
        const { state } = simulator.state.status(taskId);
        states[state] = (states[state] ?? 0) + 1;
      }
      return states;
    }
    case 'changes':
      return findChanges();
  }
}

function findChanges(): TaskChange[] {
  const changes: TaskChange[] = [];
  for (const [taskId, known] of unfinished) {
    const { state, runs } = simulator.state.status(taskId);
    if (state === known) continue;
    unfinished.set(taskId, state);
    if (state === 'completed') unfinished.delete(taskId);
    const { resolved } = runs.at(-1)!;
    changes.push({ taskId, state, resolved: resolved === undefined ? null : Date.parse(resolved) });
  }
  return changes;
}

function make({ claimedAgo, payload }: Extract<TaskclusterCommand, { ask: 'create' }>): MadeTask {
  back = claimedAgo ?? 0;
  try {
    const taskId = simulator.createTask(payload && { payload });
    taskIds.push(taskId);
    unfinished.set(taskId, 'pending');
    const scheduled = Date.parse(simulator.state.status(taskId).runs[0]!.scheduled) / 1000;
    if (claimedAgo === undefined) return { taskId, scheduled, takenUntil: null };
    const { takenUntil } = simulator.state.claimTask(taskId, 0, WORKER);
    return { taskId, scheduled, takenUntil: Date.parse(takenUntil) / 1000 };
  } finally {
    back = 0;
  }
}

answerCommands(answer);
