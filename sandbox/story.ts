import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from './buildbot/random.js';
import { SCENARIOS, type Scenario } from './mix.js';
import type { SeenTask } from './seen.js';
import type { CommonSandbox } from './common-sandbox.js';

/** One task of the mix, on its way. */
export interface Actor {
  taskId: string;
  scenario: Scenario;
  seen?: SeenTask;
  /** User actions done so far. */
  done: number;
}

/** Seconds between two looks, and between two new tasks. */
const LOOK_EVERY = 0.15;
const CREATE_EVERY = 0.1;

/** Tasks of the mix in an order that depends on the seed only: every scenario once before any comes again. */
export function cast(tasks: number, seed: number, scenarios: readonly Scenario[] = SCENARIOS): Scenario[][] {
  const random = seededRandom(seed);
  const groups: Scenario[][] = [];
  for (let count = 0; count < tasks;) {
    const round = scenarios
      .map((scenario) => ({ scenario, order: random() }))
      .sort((a, b) => a.order - b.order);
    for (const { scenario } of round) {
      if (count >= tasks) break;
      groups.push(Array.from({ length: scenario.size ?? 1 }, () => scenario));
      count += scenario.size ?? 1;
    }
  }
  return groups;
}

export function hasArrived({ seen, scenario }: Actor): boolean {
  return seen?.taskcluster === scenario.taskcluster && seen.buildbot === scenario.buildbot;
}

/**
 * Creates the tasks of the mix, does what their users do, and waits until every task has ended on both sides and the
 * bridge tracks none.
 *
 * @param show called after every look at both sides
 * @param patience maximum seconds to wait
 * @param stopping stops waiting
 */
export async function play(
  sandbox: CommonSandbox,
  groups: readonly (readonly Scenario[])[],
  show: (actors: readonly Actor[], seconds: number) => void,
  patience: number,
  stopping?: AbortSignal,
): Promise<Actor[]> {
  const actors: Actor[] = [];
  const begun = Date.now();
  const seconds = () => (Date.now() - begun) / 1000;
  const waiting = [...groups.entries()];
  let created = -CREATE_EVERY;
  for (;;) {
    while (waiting.length > 0 && seconds() - created >= CREATE_EVERY && mayBegin(waiting[0]![1])) {
      const [number, group] = waiting.shift()!;
      for (const scenario of group) {
        const taskId = sandbox.taskcluster.createTask(
          sandbox.createTask(scenario, number, Date.now() / 1000),
        );
        actors.push({ taskId, scenario, done: 0 });
      }
      created = seconds();
    }
    const seen = await sandbox.look(actors.map(({ taskId }) => taskId));
    for (const [index, actor] of actors.entries()) {
      actor.seen = seen[index];
      await act(sandbox, actor);
    }
    show(actors, seconds());
    if (waiting.length === 0 && actors.every(hasArrived) && (await isIdle(sandbox))) return actors;
    if (seconds() > patience || stopping?.aborted) return actors;
    await sleep(LOOK_EVERY * 1000);
  }
}

function mayBegin(group: readonly Scenario[]): boolean {
  return group.every((scenario) => scenario.mayBegin?.() ?? true);
}

async function act(sandbox: CommonSandbox, actor: Actor): Promise<void> {
  const action = actor.scenario.user?.[actor.done];
  if (!action || !actor.seen || !action.when(actor.seen)) return;
  actor.done += 1;
  await action.act(sandbox, actor.seen);
}

/** Rows are deleted, and messages acknowledged, a moment after the last effect is visible. */
async function isIdle(sandbox: CommonSandbox): Promise<boolean> {
  const { tasks, messages } = await sandbox.countRowsLeft();
  if (tasks > 0 || messages > 0 || sandbox.messagesOnTheirWay > 0) return false;
  // Asked last and only then: with a real broker each question is a connection.
  return (await sandbox.countMessagesLeft()) === 0;
}
