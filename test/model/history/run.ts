import { Random } from '../random.js';
import type { Mutant } from '../bridge/mutant.js';
import { WORKER } from '../bridge/settings.js';
import { ModelWorld } from '../world.js';
import { heal } from './heal.js';
import { perform } from './perform.js';
import type { History } from './step.js';

export interface Outcome {
  violations: readonly string[];
  /** Why the last run of each task ended. */
  ends: readonly string[];
  faults: ReadonlyMap<string, number>;
  /** Virtual seconds. */
  lasted: number;
}

/** Runs one history to its end, and checks everything on the way. Deterministic. */
export async function run(history: History, mutant: Mutant = {}): Promise<Outcome> {
  const random = new Random(history.seed ^ 0x5eed);
  const { random: systemRandom } = Math;
  const { stackTraceLimit } = Error;
  // Back-off draws from it.
  Math.random = random.next;
  // Outages make errors by the thousand, and nobody reads where they came from.
  Error.stackTraceLimit = 0;
  try {
    const { kind, idLimit, skews } = history;
    const world = new ModelWorld({ kind, mutant, idLimit });
    world.instances.forEach(({ clock }, index) => (clock.skew = skews[index] ?? 0));
    const begun = world.now();
    await follow(world, history, random);
    return {
      violations: world.watch.violations,
      ends: world.taskIds.map((taskId) => world.statusOf(taskId)?.runs.at(-1)?.reasonResolved ?? 'open'),
      faults: world.faults,
      lasted: world.now() - begun,
    };
  } finally {
    Math.random = systemRandom;
    Error.stackTraceLimit = stackTraceLimit;
  }
}

async function follow(world: ModelWorld, history: History, random: Random): Promise<void> {
  for (const step of history.steps) {
    await perform(world, step);
    if (history.isCalm) checkClaims(world);
    if (world.watch.violations.length > 0) return;
  }
  const { endsSilent, buildSeconds, operator } = history;
  await heal(world, { random, isSilent: endsSilent, buildSeconds, operator, results: [0, 0, 0, 2] });
  if (history.isCalm) checkClaims(world);
}

/** L4, where nothing but short outages has happened. */
function checkClaims(world: ModelWorld): void {
  for (const taskId of world.taskIds) {
    const expired = world
      .statusOf(taskId)
      ?.runs.find((each) => each.reasonResolved === 'claim-expired' && each.workerId === WORKER.workerId);
    if (expired)
      world.watch.violate('L4: a claim expired in a short outage', { taskId, runId: expired.runId });
  }
}
