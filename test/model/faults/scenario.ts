import type { BusMessage, QueueName } from '../bridge/bus.js';
import type { BuildbotKind } from '../buildbot/farm.js';
import type { Instance, Service } from '../bridge/instance.js';
import type { NewTask, Simulation } from '../simulation.js';

/** A situation, and something that the bridge is told or finds out in it. */
export interface Scenario {
  name: string;
  /** Where it can be; both when undefined. */
  kind?: BuildbotKind;
  /** Brings the simulation to the situation; nothing fails yet. */
  prepare: (simulation: Simulation) => Promise<void>;
  /** Who acts, and what makes it act. */
  service: Service;
  trigger: (simulation: Simulation, instance: Instance) => void;
  /** What happens right after it. */
  afterwards?: (simulation: Simulation) => void;
  /** Seconds that everything may take longer than it should, because absence is only believed when it lasts. */
  patience?: number;
  /** Seconds that builds last, where the situation itself takes long. */
  buildSeconds?: number;
}

/** The newest message of a queue. */
export function newest(simulation: Simulation, queue: QueueName): BusMessage {
  const message = simulation.bus.ready.findLast(({ subscription }) => subscription === queue);
  if (!message) throw new TypeError(`no message in ${queue}`);
  return message;
}

/** Everything in these queues is handled. */
export async function tell(simulation: Simulation, ...queues: QueueName[]): Promise<void> {
  for (const message of simulation.bus.ready) {
    const [consumer] = simulation.consumersOf(message.subscription);
    if (consumer && queues.includes(message.subscription)) simulation.deliver(message, consumer);
  }
  await simulation.settle();
}

/** A task with its request. */
export async function requested(simulation: Simulation, task: NewTask = {}): Promise<void> {
  simulation.create(task);
  await tell(simulation, 'task-pending');
}

/** Its build runs; the bridge has not been told. */
export async function building(simulation: Simulation, task: NewTask = {}): Promise<void> {
  await requested(simulation, task);
  begin(simulation);
}

/** Its build runs, and the bridge knows. */
export async function running(simulation: Simulation, task: NewTask = {}): Promise<void> {
  await building(simulation, task);
  await notice(simulation, 'started');
}

/** The bridge hears of it, or finds it out where Buildbot tells nothing. */
export async function notice(simulation: Simulation, queue: QueueName): Promise<void> {
  await tell(simulation, queue);
  if (simulation.farm.kind === 'legacy') return;
  simulation.turns.taken.clear();
  for (const reflector of simulation.of('reflector')) await reflector.pass();
  simulation.turns.taken.clear();
}

/** Its build has ended; the bridge has not been told. */
export async function ended(simulation: Simulation, results: number, task: NewTask = {}): Promise<void> {
  await running(simulation, task);
  end(simulation, results);
}

/** @param which of the requests that wait */
export function begin(simulation: Simulation, which = 0): void {
  const [master] = simulation.masters;
  master?.pick(which);
  master?.begin();
}

export function end(simulation: Simulation, results: number): void {
  const [master] = simulation.masters;
  master?.end(results);
  master?.retire();
}

/** The request's row as the scheduler database has it. */
export function request(simulation: Simulation) {
  const row = [...simulation.farm.requests.values()].at(-1);
  if (!row) throw new TypeError('no request was made');
  return row;
}

export function theTask(simulation: Simulation): string {
  const [taskId] = simulation.taskIds;
  if (taskId === undefined) throw new TypeError('no task was made');
  return taskId;
}
