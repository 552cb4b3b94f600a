import type { BusMessage } from '../bridge/bus.js';
import { QUEUES } from '../bridge/bus.js';
import { type FaultKind, FOREIGN_ANSWER, type System } from '../bridge/gate.js';
import type { Instance, Service } from '../bridge/instance.js';
import type { TaskKind, Simulation } from '../simulation.js';
import type { BuildbotKind } from '../buildbot/farm.js';
import { REBUILD } from '../buildbot/model-rest.js';
import { ModernMaster } from '../buildbot/modern-master.js';
import type { Op, Step } from './step.js';

const KINDS: readonly TaskKind[] = [
  ...Array<TaskKind>(17).fill('good'),
  'malformed',
  'forbidden',
  'unknown-builder',
];
const RETRIES = [5, 5, 5, 2, 1, 0, 0];
const DEADLINES = [86_400, 86_400, 86_400, 86_400, 86_400, 86_400, 900, 2400];
const TIMES = [1, 5, 20, 60, 60, 60, 130, 400, 700, 1300];
const RESULTS = [0, 0, 0, 2, 2, 1, 4, 5, 5, 6, 3];
const FAULTS: readonly FaultKind[] = [
  'kill',
  'kill',
  'kill',
  'pause',
  'pause',
  'pause',
  'error',
  'error',
  'conflict',
  'hang',
  'late',
];
const SYSTEMS: Record<BuildbotKind, readonly System[]> = {
  legacy: ['bridge-db', 'taskcluster', 'scheduler-db', 'self-serve'],
  modern: ['bridge-db', 'taskcluster', 'buildbot'],
};

const OUTAGES = [30, 100, 400, 1000, 1900];
const MAX_TASKS = 3;

type Performance = (simulation: Simulation, step: Step) => void | Promise<void>;

/** Carries out one step; one that has nothing to work on does nothing. */
export async function perform(simulation: Simulation, step: Step): Promise<void> {
  if (simulation.taskIds.length === 0 && step.op !== 'create') return;
  await PERFORMANCES[step.op](simulation, step);
  await simulation.settle();
}

const PERFORMANCES: Record<Op, Performance> = {
  create(simulation, { a, b, c }) {
    if (simulation.taskIds.length >= MAX_TASKS) return;
    simulation.create({
      kind: at(KINDS, a),
      retries: at(RETRIES, b),
      deadline: at(DEADLINES, c),
      revision: c % 3 === 0 ? 'other' : 'same',
    });
  },
  deliver(simulation, { a, b }) {
    const message = simulation.bus.ready[a % Math.max(1, simulation.bus.ready.length)];
    if (message) hand(simulation, message, b);
  },
  burst(simulation, { b, c }) {
    // Several at once, to different processes, without anybody being done before the next begins.
    const messages = simulation.bus.ready.slice(0, 4);
    messages.forEach((message, index) => hand(simulation, message, b + index));
    if (c % 2 === 0)
      simulation
        .of('reflector')
        .filter(({ isAwake }) => isAwake)
        .forEach((one) => simulation.begin(one.pass()));
  },
  drop(simulation, { a }) {
    const message = simulation.bus.ready[a % Math.max(1, simulation.bus.ready.length)];
    if (!message) return;
    simulation.bus.remove(message);
    simulation.count('message lost');
  },
  duplicate(simulation, { a }) {
    const message = simulation.bus.messages[a % Math.max(1, simulation.bus.messages.length)];
    if (!message) return;
    simulation.bus.duplicate(message);
    simulation.count('message doubled');
  },
  echo(simulation, { a, b }) {
    // Something old is told once more.
    const ends = simulation.bus.past.filter(
      ({ subscription }) => b % 3 === 0 || subscription === 'log_uploaded',
    );
    const message = ends[a % Math.max(1, ends.length)];
    if (!message) return;
    simulation.bus.duplicate(message);
    simulation.count('message repeated late');
  },
  'queue-deleted'(simulation, { a }) {
    simulation.bus.clear(at(QUEUES, a));
    simulation.count('queue deleted');
  },
  poison(simulation, { a }) {
    simulation.bus.publish(at(QUEUES, a), { strange: true });
    simulation.count('poison');
  },
  advance: (simulation, { a }) => simulation.advance(at(TIMES, a)),
  master(simulation, { a, b, c }) {
    const master = at(simulation.masters, a);
    const turn = b % 8;
    const moves = [
      () => master.retire(),
      () => (c % 12 === 0 ? master.resubmit() : master.begin()),
      () => (turn < 4 ? master.end(at(RESULTS, c)) : false),
      () => master.pick(c),
    ];
    // Now and then something else comes first, so that a window stays open for longer.
    if (turn === 7) moves.reverse();
    moves.some((move) => move());
  },
  'master-kill'(simulation, { a }) {
    at(simulation.masters, a).kill();
    simulation.count('master killed');
  },
  'master-restart': (simulation, { a }) => at(simulation.masters, a).restart(),
  agent: (simulation, { a, b }) =>
    simulation.agent.perform(a % Math.max(1, simulation.agent.jobs.length), b % 4 === 0),
  'user-cancels': (simulation, { a }) => byUser(() => simulation.queue.cancelTask(taskOf(simulation, a))),
  'user-reruns': (simulation, { a }) => byUser(() => simulation.queue.rerunTask(taskOf(simulation, a))),
  'user-cancels-in-buildbot'(simulation, { a, b }) {
    const open = [...simulation.farm.requests.values()].filter(({ complete }) => !complete);
    const row = open[a % Math.max(1, open.length)];
    if (!row) return;
    const build = row.builds.at(-1);
    if (row.claimedAt === 0 && (b % 2 === 0 || simulation.farm.kind === 'modern'))
      simulation.farm.markComplete(row);
    else if (row.claimedAt === 0) simulation.agent.accept('cancel-request', row.buildRequestId);
    else if (build?.finishTime === null) {
      simulation.masters.find(({ name }) => name === row.claimedBy?.master)?.stop(build.number);
    }
  },
  'other-worker-claims'(simulation, { a }) {
    const taskId = taskOf(simulation, a);
    const runId = (simulation.statusOf(taskId)?.runs.length ?? 1) - 1;
    byUser(() => simulation.queue.claimTask(taskId, runId, { workerGroup: 'other', workerId: 'other' }));
  },
  fault(simulation, { a, b, c }) {
    const instance = at(simulation.instances, a);
    const effectsOnly = b % 2 === 0;
    const skip = effectsOnly ? (b >> 1) % 3 : b % 9;
    instance.gate.fault = {
      skip,
      effectsOnly,
      moment: c % 2 === 0 ? 'before' : 'after',
      kind: at(FAULTS, c >> 1),
    };
  },
  kill(simulation, { a }) {
    simulation.kill(at(simulation.instances, a));
    simulation.count('instance killed');
  },
  restart(simulation) {
    const gone = simulation.instances.find(({ isAlive }) => !isAlive);
    if (gone) simulation.restart(gone);
  },
  pause(simulation, { a }) {
    at(simulation.instances, a).gate.pause();
    simulation.count('instance paused');
  },
  resume(simulation) {
    simulation.instances.find(({ gate }) => gate.isPaused)?.gate.resume();
  },
  add(simulation, { a }) {
    if (simulation.instances.length < 8)
      simulation.add(at<Service>(['tc-listener', 'bb-listener', 'reflector'], a));
  },
  outage: (simulation, { a, b }) => simulation.outage(at(SYSTEMS[simulation.farm.kind], a), at(OUTAGES, b)),
  async 'foreign-answers'(simulation, { a, b, c }) {
    simulation.outage(at(SYSTEMS[simulation.farm.kind], a), at(OUTAGES, b), FOREIGN_ANSWER);
    if (c % 2 === 0) await simulation.advance(at(OUTAGES, b));
  },
  'sick-reflector'(simulation, { a, b }) {
    const [first, ...others] = simulation.of('reflector').filter(({ gate }) => !gate.cutOffFrom);
    if (!first || others.length === 0) return;
    at([first, ...others], a).gate.cutOffFrom = at(SYSTEMS[simulation.farm.kind], b);
    simulation.count('reflector sick');
  },
  'taskcluster-emptied'(simulation, { b }) {
    simulation.emptyTaskcluster(at(OUTAGES, b));
    simulation.count('taskcluster emptied');
  },
  'rows-lost'(simulation) {
    simulation.restoreRows();
    simulation.count('bridge database lost');
  },
  'rows-backup'(simulation) {
    // The first one is made, later ones are restored from it.
    const { rows } = simulation.backups;
    if (!rows) {
      simulation.backups.rows = [...simulation.rows.rows.values()];
      return;
    }
    simulation.restoreRows(rows);
    simulation.count('bridge database restored');
  },
  'requests-backup'(simulation) {
    const { farm } = simulation.backups;
    if (!farm) {
      simulation.backups.farm = simulation.farm.save();
      return;
    }
    simulation.restoreRequests(farm);
    simulation.count('build requests restored');
  },
  'requests-emptied'(simulation) {
    simulation.backups.farm = simulation.farm.save();
    simulation.restoreRequests();
    simulation.count('build requests emptied');
  },
  'master-shut-down': (simulation, { a }) => modern(simulation, a)?.shutDown(),
  'master-moved': (simulation, { a }) => modern(simulation, a)?.move(),
  'master-loses-build'(simulation, { a, b }) {
    modern(simulation, a)?.lose(b % 2 === 0 ? at([0, 2, 4], b) : undefined);
  },
  collapse(simulation, { a }) {
    const waiting = [...simulation.farm.requests.values()].filter(
      (row) => !row.complete && row.claimedAt === 0,
    );
    const row = waiting[a % Math.max(1, waiting.length)];
    if (!row) return;
    simulation.farm.drop(row);
    simulation.count('request collapsed');
  },
  rebuild(simulation, { a }) {
    // A user builds a request again: the copy has its key.
    const set = simulation.farm.sets[a % Math.max(1, simulation.farm.sets.length)];
    const row = [...simulation.farm.requests.values()].find(({ bsid }) => bsid === set?.bsid);
    if (!set || !row) return;
    const copy = simulation.farm.insert({ ...row.spec, taskId: 'of a user' });
    copy.bsid = simulation.farm.insertSet(set.key, REBUILD).bsid;
  },
  async 'short-outage'(simulation, { a, b }) {
    const seconds = 60 + (b % 410);
    const reflectors = simulation.of('reflector');
    if (a % 2 === 0) simulation.outage('taskcluster', seconds);
    else reflectors.forEach(({ gate }) => gate.pause());
    simulation.count('short outage');
    await simulation.advance(seconds);
    reflectors.forEach(({ gate }) => gate.resume());
    await simulation.advance(180);
  },
};

function modern(simulation: Simulation, which: number): ModernMaster | undefined {
  const master = at(simulation.masters, which);
  if (!(master instanceof ModernMaster)) return undefined;
  simulation.count('master of its own will');
  return master;
}

function hand(simulation: Simulation, message: BusMessage, which: number): void {
  const consumers = simulation.consumersOf(message.subscription);
  const consumer: Instance | undefined = consumers[which % Math.max(1, consumers.length)];
  if (consumer) simulation.deliver(message, consumer);
}

function taskOf(simulation: Simulation, which: number): string {
  return at(simulation.taskIds, which);
}

/** Taskcluster may say no to users. */
function byUser(call: () => unknown): void {
  try {
    call();
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'QueueRefusal') throw error;
  }
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index % items.length];
  if (item === undefined) throw new TypeError('nothing to choose from');
  return item;
}
