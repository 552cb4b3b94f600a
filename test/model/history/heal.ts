import type { Random } from '../random.js';
import type { Simulation } from '../simulation.js';
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
export async function heal(simulation: Simulation, healing: Healing): Promise<void> {
  await recover(simulation, healing.isSilent);
  const liveness = new Liveness(simulation, healing.patience);
  const begun = simulation.now();
  const end = begun + LIMIT;
  while (simulation.watch.violations.length === 0) {
    liveness.check();
    if (simulation.isAtRest) return;
    if (simulation.now() >= end) {
      simulation.watch.violate('L5: it does not come to rest', leftOvers(simulation));
      return;
    }
    await operate(simulation, healing.operator ?? 'confirms', begun);
    fairWork(simulation, healing);
    await simulation.settle();
    await simulation.advance(TICK, TICK);
  }
}

async function recover(simulation: Simulation, isSilent: boolean): Promise<void> {
  simulation.outages.clear();
  simulation.kept.unavailable = false;
  simulation.emptyTaskcluster(0);
  for (const instance of [...simulation.instances]) {
    instance.gate.fault = undefined;
    instance.isPausedByDatabase = false;
    if (!instance.isAlive) simulation.restart(instance);
    else if (!isSpareReflector(simulation, instance)) instance.gate.resume();
  }
  simulation.masters.forEach((master) => master.restart());
  if (isSilent) {
    simulation.bus.clear();
    simulation.bus.isDeaf = true;
  }
  await simulation.settle();
}

/** A reflector stays as it is, sick or paused, as long as another one is well. */
function isSpareReflector(simulation: Simulation, instance: Instance): boolean {
  const isWell = (other: Instance) => other.isAwake && !other.gate.cutOffFrom;
  return (
    instance.service === 'reflector' &&
    simulation.of('reflector').some((other) => other !== instance && isWell(other))
  );
}

/** Starts masters anew that have lost builds, and sees to what is missing. */
async function operate(simulation: Simulation, operator: Operator, begun: number): Promise<void> {
  const requests = [...simulation.farm.requests.values()];
  for (const master of simulation.masters) {
    const hasLost = master instanceof ModernMaster && requests.some((row) => master.hasLost(row));
    if (!hasLost || simulation.now() < begun + OPERATOR_COMES) continue;
    master.kill();
    master.restart();
  }
  const { doubtedSince, missing } = simulation.passes.state;
  if (doubtedSince === null || simulation.now() < Math.max(begun, doubtedSince) + OPERATOR_COMES) return;
  const { farm } = simulation.backups;
  if (operator === 'restores' && farm) {
    simulation.restoreRequests(farm);
    delete simulation.backups.farm;
  } else await simulation.passes.confirmMissing(missing);
}

/** What the others do in one tick: nobody starves. */
function fairWork(simulation: Simulation, { random, results, buildSeconds = 0 }: Healing): void {
  for (const master of simulation.masters) {
    while (master.retire());
    if (random.chance(0.5) && master.oldest >= buildSeconds) master.end(random.pick(results));
    while (master.begin());
    while (master.pick());
  }
  for (let jobs = simulation.agent.jobs.length; jobs > 0; jobs--) simulation.agent.perform(0);
  for (const message of simulation.bus.ready) {
    const consumers = simulation.consumersOf(message.subscription);
    if (consumers.length > 0) simulation.deliver(message, random.pick(consumers));
  }
}

function leftOvers(simulation: Simulation): Record<string, unknown> {
  return {
    messages: simulation.bus.messages.length,
    kept: [...simulation.kept.kept.values()].map(({ state, subscription, error }) => ({
      state,
      subscription,
      error,
    })),
    rows: [...simulation.rows.rows.values()],
    open: simulation.taskIds.flatMap((taskId) =>
      simulation.farm.openOf(taskId).map(({ buildRequestId }) => buildRequestId),
    ),
    tasks: simulation.taskIds.map((taskId) => simulation.statusOf(taskId)?.state),
  };
}
