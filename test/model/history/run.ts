import { Random } from '../random.js';
import type { Mutant } from '../bridge/mutant.js';
import { WORKER } from '../bridge/settings.js';
import { Simulation } from '../simulation.js';
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
    // Of two histories one shares each pass.
    const simulation = new Simulation({ kind, mutant, idLimit, areShared: history.seed % 2 === 1 });
    simulation.instances.forEach(({ clock }, index) => (clock.skew = skews[index] ?? 0));
    const begun = simulation.now();
    await follow(simulation, history, random);
    return {
      violations: simulation.watch.violations,
      ends: simulation.taskIds.map(
        (taskId) => simulation.statusOf(taskId)?.runs.at(-1)?.reasonResolved ?? 'open',
      ),
      faults: simulation.faults,
      lasted: simulation.now() - begun,
    };
  } finally {
    Math.random = systemRandom;
    Error.stackTraceLimit = stackTraceLimit;
  }
}

async function follow(simulation: Simulation, history: History, random: Random): Promise<void> {
  for (const step of history.steps) {
    await perform(simulation, step);
    if (history.isCalm) checkClaims(simulation);
    if (simulation.watch.violations.length > 0) return;
  }
  const { endsSilent, buildSeconds, operator } = history;
  await heal(simulation, { random, isSilent: endsSilent, buildSeconds, operator, results: [0, 0, 0, 2] });
  if (history.isCalm) checkClaims(simulation);
}

/** L4, where nothing but short outages has happened. */
function checkClaims(simulation: Simulation): void {
  for (const taskId of simulation.taskIds) {
    const expired = simulation
      .statusOf(taskId)
      ?.runs.find((each) => each.reasonResolved === 'claim-expired' && each.workerId === WORKER.workerId);
    if (expired)
      simulation.watch.violate('L4: a claim expired in a short outage', { taskId, runId: expired.runId });
  }
}
