import type { BusMessage } from '../bridge/bus.js';
import { QUEUES } from '../bridge/bus.js';
import { type FaultKind, FOREIGN_ANSWER, type System } from '../bridge/gate.js';
import type { Instance, Service } from '../bridge/instance.js';
import type { TaskKind, ModelWorld } from '../world.js';
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

type Performance = (world: ModelWorld, step: Step) => void | Promise<void>;

/** Carries out one step; one that has nothing to work on does nothing. */
export async function perform(world: ModelWorld, step: Step): Promise<void> {
  if (world.taskIds.length === 0 && step.op !== 'create') return;
  await PERFORMANCES[step.op](world, step);
  await world.settle();
}

const PERFORMANCES: Record<Op, Performance> = {
  create(world, { a, b, c }) {
    if (world.taskIds.length >= MAX_TASKS) return;
    world.create({
      kind: at(KINDS, a),
      retries: at(RETRIES, b),
      deadline: at(DEADLINES, c),
      revision: c % 3 === 0 ? 'other' : 'same',
    });
  },
  deliver(world, { a, b }) {
    const message = world.bus.ready[a % Math.max(1, world.bus.ready.length)];
    if (message) hand(world, message, b);
  },
  burst(world, { b, c }) {
    // Several at once, to different processes, without anybody being done before the next begins.
    const messages = world.bus.ready.slice(0, 4);
    messages.forEach((message, index) => hand(world, message, b + index));
    if (c % 2 === 0)
      world
        .of('reflector')
        .filter(({ isAwake }) => isAwake)
        .forEach((one) => world.begin(one.pass()));
  },
  drop(world, { a }) {
    const message = world.bus.ready[a % Math.max(1, world.bus.ready.length)];
    if (!message) return;
    world.bus.remove(message);
    world.count('message lost');
  },
  duplicate(world, { a }) {
    const message = world.bus.messages[a % Math.max(1, world.bus.messages.length)];
    if (!message) return;
    world.bus.duplicate(message);
    world.count('message doubled');
  },
  echo(world, { a, b }) {
    // Something old is told once more.
    const ends = world.bus.past.filter(({ subscription }) => b % 3 === 0 || subscription === 'log_uploaded');
    const message = ends[a % Math.max(1, ends.length)];
    if (!message) return;
    world.bus.duplicate(message);
    world.count('message repeated late');
  },
  'queue-deleted'(world, { a }) {
    world.bus.clear(at(QUEUES, a));
    world.count('queue deleted');
  },
  poison(world, { a }) {
    world.bus.publish(at(QUEUES, a), { strange: true });
    world.count('poison');
  },
  advance: (world, { a }) => world.advance(at(TIMES, a)),
  master(world, { a, b, c }) {
    const master = at(world.masters, a);
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
  'master-kill'(world, { a }) {
    at(world.masters, a).kill();
    world.count('master killed');
  },
  'master-restart': (world, { a }) => at(world.masters, a).restart(),
  agent: (world, { a, b }) => world.agent.perform(a % Math.max(1, world.agent.jobs.length), b % 4 === 0),
  'user-cancels': (world, { a }) => byUser(() => world.queue.cancelTask(taskOf(world, a))),
  'user-reruns': (world, { a }) => byUser(() => world.queue.rerunTask(taskOf(world, a))),
  'user-cancels-in-buildbot'(world, { a, b }) {
    const open = [...world.farm.requests.values()].filter(({ complete }) => !complete);
    const row = open[a % Math.max(1, open.length)];
    if (!row) return;
    const build = row.builds.at(-1);
    if (row.claimedAt === 0 && (b % 2 === 0 || world.farm.kind === 'modern')) world.farm.markComplete(row);
    else if (row.claimedAt === 0) world.agent.accept('cancel-request', row.buildRequestId);
    else if (build?.finishTime === null) {
      world.masters.find(({ name }) => name === row.claimedBy?.master)?.stop(build.number);
    }
  },
  'other-worker-claims'(world, { a }) {
    const taskId = taskOf(world, a);
    const runId = (world.statusOf(taskId)?.runs.length ?? 1) - 1;
    byUser(() => world.queue.claimTask(taskId, runId, { workerGroup: 'other', workerId: 'other' }));
  },
  fault(world, { a, b, c }) {
    const instance = at(world.instances, a);
    const effectsOnly = b % 2 === 0;
    const skip = effectsOnly ? (b >> 1) % 3 : b % 9;
    instance.gate.fault = {
      skip,
      effectsOnly,
      moment: c % 2 === 0 ? 'before' : 'after',
      kind: at(FAULTS, c >> 1),
    };
  },
  kill(world, { a }) {
    world.kill(at(world.instances, a));
    world.count('instance killed');
  },
  restart(world) {
    const gone = world.instances.find(({ isAlive }) => !isAlive);
    if (gone) world.restart(gone);
  },
  pause(world, { a }) {
    at(world.instances, a).gate.pause();
    world.count('instance paused');
  },
  resume(world) {
    world.instances.find(({ gate }) => gate.isPaused)?.gate.resume();
  },
  add(world, { a }) {
    if (world.instances.length < 8) world.add(at<Service>(['tc-listener', 'bb-listener', 'reflector'], a));
  },
  outage: (world, { a, b }) => world.outage(at(SYSTEMS[world.farm.kind], a), at(OUTAGES, b)),
  async 'foreign-answers'(world, { a, b, c }) {
    world.outage(at(SYSTEMS[world.farm.kind], a), at(OUTAGES, b), FOREIGN_ANSWER);
    if (c % 2 === 0) await world.advance(at(OUTAGES, b));
  },
  'sick-reflector'(world, { a, b }) {
    const [first, ...others] = world.of('reflector').filter(({ gate }) => !gate.cutOffFrom);
    if (!first || others.length === 0) return;
    at([first, ...others], a).gate.cutOffFrom = at(SYSTEMS[world.farm.kind], b);
    world.count('reflector sick');
  },
  'taskcluster-emptied'(world, { b }) {
    world.emptyTaskcluster(at(OUTAGES, b));
    world.count('taskcluster emptied');
  },
  'rows-lost'(world) {
    world.restoreRows();
    world.count('bridge database lost');
  },
  'rows-backup'(world) {
    // The first one is made, later ones are restored from it.
    const { rows } = world.backups;
    if (!rows) {
      world.backups.rows = [...world.rows.rows.values()];
      return;
    }
    world.restoreRows(rows);
    world.count('bridge database restored');
  },
  'requests-backup'(world) {
    const { farm } = world.backups;
    if (!farm) {
      world.backups.farm = world.farm.save();
      return;
    }
    world.restoreRequests(farm);
    world.count('build requests restored');
  },
  'requests-emptied'(world) {
    world.backups.farm = world.farm.save();
    world.restoreRequests();
    world.count('build requests emptied');
  },
  'master-shut-down': (world, { a }) => modern(world, a)?.shutDown(),
  'master-moved': (world, { a }) => modern(world, a)?.move(),
  'master-loses-build'(world, { a, b }) {
    modern(world, a)?.lose(b % 2 === 0 ? at([0, 2, 4], b) : undefined);
  },
  collapse(world, { a }) {
    const waiting = [...world.farm.requests.values()].filter((row) => !row.complete && row.claimedAt === 0);
    const row = waiting[a % Math.max(1, waiting.length)];
    if (!row) return;
    world.farm.drop(row);
    world.count('request collapsed');
  },
  rebuild(world, { a }) {
    // A user builds a request again: the copy has its key.
    const set = world.farm.sets[a % Math.max(1, world.farm.sets.length)];
    const row = [...world.farm.requests.values()].find(({ bsid }) => bsid === set?.bsid);
    if (!set || !row) return;
    const copy = world.farm.insert({ ...row.spec, taskId: 'of a user' });
    copy.bsid = world.farm.insertSet(set.key, REBUILD).bsid;
  },
  async 'short-outage'(world, { a, b }) {
    const seconds = 60 + (b % 410);
    const reflectors = world.of('reflector');
    if (a % 2 === 0) world.outage('taskcluster', seconds);
    else reflectors.forEach(({ gate }) => gate.pause());
    world.count('short outage');
    await world.advance(seconds);
    reflectors.forEach(({ gate }) => gate.resume());
    await world.advance(180);
  },
};

function modern(world: ModelWorld, which: number): ModernMaster | undefined {
  const master = at(world.masters, which);
  if (!(master instanceof ModernMaster)) return undefined;
  world.count('master of its own will');
  return master;
}

function hand(world: ModelWorld, message: BusMessage, which: number): void {
  const consumers = world.consumersOf(message.subscription);
  const consumer: Instance | undefined = consumers[which % Math.max(1, consumers.length)];
  if (consumer) world.deliver(message, consumer);
}

function taskOf(world: ModelWorld, which: number): string {
  return at(world.taskIds, which);
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
