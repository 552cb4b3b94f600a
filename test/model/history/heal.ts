import type { Random } from '../random.js';
import type { ModelWorld } from '../world.js';
import { ModernMaster } from '../buildbot/modern-master.js';
import type { Instance } from '../bridge/instance.js';
import { Liveness } from '../watch/liveness.js';
import type { Operator } from './step.js';

/** Seconds between two looks. */
const TICK = 10;

/** Seconds after which everything must have come to its end: the longest reservation of a parked message, and more. */
const LIMIT = 3 * 3600;

export interface Healing {
  random: Random;
  /** Nothing is told any more: the clock alone must do. */
  isSilent: boolean;
  /** What builds end with from now on. */
  results: readonly number[];
  /** How long builds last at least (seconds), whoever began them. */
  buildSeconds?: number;
  /** Seconds that everything may take longer than it should. */
  patience?: number;
  operator?: Operator;
}

/** Seconds after which an operator has seen to what a service tells of: builds that a master has lost, missing tasks. */
const OPERATOR_COMES = 900;

/**
 * Everything works again: what was killed is restarted, what is away comes back, masters build and Self Serve obeys.
 * From here on the times are guaranteed.
 */
export async function heal(world: ModelWorld, healing: Healing): Promise<void> {
  await recover(world, healing.isSilent);
  const liveness = new Liveness(world, healing.patience);
  const begun = world.now();
  const end = begun + LIMIT;
  while (world.watch.violations.length === 0) {
    liveness.check();
    if (world.isAtRest) return;
    if (world.now() >= end) {
      world.watch.violate('L5: it does not come to rest', leftOvers(world));
      return;
    }
    await operate(world, healing.operator ?? 'confirms', begun);
    fairWork(world, healing);
    await world.settle();
    await world.advance(TICK, TICK);
  }
}

async function recover(world: ModelWorld, isSilent: boolean): Promise<void> {
  world.outages.clear();
  world.kept.unavailable = false;
  world.emptyTaskcluster(0);
  for (const instance of [...world.instances]) {
    instance.gate.fault = undefined;
    instance.isPausedByDatabase = false;
    if (!instance.isAlive) world.restart(instance);
    else if (!isSpareReflector(world, instance)) instance.gate.resume();
  }
  world.masters.forEach((master) => master.restart());
  if (isSilent) {
    world.bus.clear();
    world.bus.isDeaf = true;
  }
  await world.settle();
}

/** A reflector stays as it is, sick or paused, as long as another one is well. */
function isSpareReflector(world: ModelWorld, instance: Instance): boolean {
  const isWell = (other: Instance) => other.isAwake && !other.gate.cutOffFrom;
  return (
    instance.service === 'reflector' &&
    world.of('reflector').some((other) => other !== instance && isWell(other))
  );
}

/** Starts masters anew that have lost builds, and sees to what is missing. */
async function operate(world: ModelWorld, operator: Operator, begun: number): Promise<void> {
  const requests = [...world.farm.requests.values()];
  for (const master of world.masters) {
    const hasLost = master instanceof ModernMaster && requests.some((row) => master.hasLost(row));
    if (!hasLost || world.now() < begun + OPERATOR_COMES) continue;
    master.kill();
    master.restart();
  }
  const { doubtedSince, missing } = world.passes.state;
  if (doubtedSince === null || world.now() < Math.max(begun, doubtedSince) + OPERATOR_COMES) return;
  const { farm } = world.backups;
  if (operator === 'restores' && farm) {
    world.restoreRequests(farm);
    delete world.backups.farm;
  } else await world.passes.confirmMissing(missing);
}

/** What the others do in one tick: nobody starves. */
function fairWork(world: ModelWorld, { random, results, buildSeconds = 0 }: Healing): void {
  for (const master of world.masters) {
    while (master.retire());
    if (random.chance(0.5) && master.oldest >= buildSeconds) master.end(random.pick(results));
    while (master.begin());
    while (master.pick());
  }
  for (let jobs = world.agent.jobs.length; jobs > 0; jobs--) world.agent.perform(0);
  for (const message of world.bus.ready) {
    const consumers = world.consumersOf(message.subscription);
    if (consumers.length > 0) world.deliver(message, random.pick(consumers));
  }
}

function leftOvers(world: ModelWorld): Record<string, unknown> {
  return {
    messages: world.bus.messages.length,
    kept: [...world.kept.kept.values()].map(({ state, subscription, error }) => ({
      state,
      subscription,
      error,
    })),
    rows: [...world.rows.rows.values()],
    open: world.taskIds.flatMap((taskId) =>
      world.farm.openOf(taskId).map(({ buildRequestId }) => buildRequestId),
    ),
    tasks: world.taskIds.map((taskId) => world.statusOf(taskId)?.state),
  };
}
