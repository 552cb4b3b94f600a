import type { BusMessage, QueueName } from '../bridge/bus.js';
import type { BuildbotKind } from '../buildbot/farm.js';
import type { Instance, Service } from '../bridge/instance.js';
import type { NewTask, ModelWorld } from '../world.js';

/** A situation, and something that the bridge is told or finds out in it. */
export interface Scenario {
  name: string;
  /** Where it can be; both when undefined. */
  kind?: BuildbotKind;
  /** Brings the world to the situation; nothing fails yet. */
  prepare: (world: ModelWorld) => Promise<void>;
  /** Who acts, and what makes it act. */
  service: Service;
  trigger: (world: ModelWorld, instance: Instance) => void;
  /** What happens right after it. */
  afterwards?: (world: ModelWorld) => void;
  /** Seconds that everything may take longer than it should, because absence is only believed when it lasts. */
  patience?: number;
  /** Seconds that builds last, where the situation itself takes long. */
  buildSeconds?: number;
}

/** The newest message of a queue. */
export function newest(world: ModelWorld, queue: QueueName): BusMessage {
  const message = world.bus.ready.findLast(({ subscription }) => subscription === queue);
  if (!message) throw new TypeError(`no message in ${queue}`);
  return message;
}

/** Everything in these queues is handled. */
export async function tell(world: ModelWorld, ...queues: QueueName[]): Promise<void> {
  for (const message of world.bus.ready) {
    const [consumer] = world.consumersOf(message.subscription);
    if (consumer && queues.includes(message.subscription)) world.deliver(message, consumer);
  }
  await world.settle();
}

/** A task with its request. */
export async function requested(world: ModelWorld, task: NewTask = {}): Promise<void> {
  world.create(task);
  await tell(world, 'task-pending');
}

/** Its build runs; the bridge has not been told. */
export async function building(world: ModelWorld, task: NewTask = {}): Promise<void> {
  await requested(world, task);
  begin(world);
}

/** Its build runs, and the bridge knows. */
export async function running(world: ModelWorld, task: NewTask = {}): Promise<void> {
  await building(world, task);
  await notice(world, 'started');
}

/** The bridge hears of it, or finds it out where Buildbot tells nothing. */
export async function notice(world: ModelWorld, queue: QueueName): Promise<void> {
  await tell(world, queue);
  if (world.farm.kind === 'legacy') return;
  world.turns.taken.clear();
  for (const reflector of world.of('reflector')) await reflector.pass();
  world.turns.taken.clear();
}

/** Its build has ended; the bridge has not been told. */
export async function ended(world: ModelWorld, results: number, task: NewTask = {}): Promise<void> {
  await running(world, task);
  end(world, results);
}

/** @param which of the requests that wait */
export function begin(world: ModelWorld, which = 0): void {
  const [master] = world.masters;
  master?.pick(which);
  master?.begin();
}

export function end(world: ModelWorld, results: number): void {
  const [master] = world.masters;
  master?.end(results);
  master?.retire();
}

/** The request's row as the scheduler database has it. */
export function request(world: ModelWorld) {
  const row = [...world.farm.requests.values()].at(-1);
  if (!row) throw new TypeError('no request was made');
  return row;
}

export function theTask(world: ModelWorld): string {
  const [taskId] = world.taskIds;
  if (taskId === undefined) throw new TypeError('no task was made');
  return taskId;
}
