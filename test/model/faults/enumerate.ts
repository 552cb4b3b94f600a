import { heal } from '../history/heal.js';
import { Random } from '../random.js';
import type { Fault, FaultKind } from '../bridge/gate.js';
import { Simulation } from '../simulation.js';
import type { Mutant } from '../bridge/mutant.js';
import type { BuildbotKind } from '../buildbot/farm.js';
import type { Scenario } from './scenario.js';

/** How one effect goes wrong. */
export interface Way {
  name: string;
  kind: FaultKind;
  moment: Fault['moment'];
  /** The effects that can go wrong so. */
  only?: readonly string[];
}

export const WAYS: readonly Way[] = [
  { name: 'cut off before', kind: 'kill', moment: 'before' },
  { name: 'cut off after', kind: 'kill', moment: 'after' },
  { name: '5xx without effect', kind: 'error', moment: 'before' },
  { name: '5xx after the effect', kind: 'error', moment: 'after' },
  { name: '409 after the effect', kind: 'conflict', moment: 'after' },
  { name: 'hangs without effect', kind: 'hang', moment: 'before' },
  {
    name: 'takes effect when it has long been given up',
    kind: 'late',
    moment: 'before',
    only: ['force', 'withdraw'],
  },
  { name: 'hangs after the effect', kind: 'hang', moment: 'after' },
  { name: 'hangs without effect, killed later', kind: 'pause', moment: 'before' },
  { name: 'hangs after the effect, killed later', kind: 'pause', moment: 'after' },
];

export const RECOVERIES = ['reflector alone', 'redelivery'] as const;
export type Recovery = (typeof RECOVERIES)[number];

/** Seconds; long enough for any cancellation to come in time. */
const BUILD = 400;

export interface Ending {
  violations: readonly string[];
  /** How the runs of each task ended, and the results its requests came to. */
  story: string;
  /** The artifacts of the last run of each task. */
  artifacts: readonly string[];
}

/** The effects of a scenario's trigger when nothing fails, by name and in order. */
export async function effectsOf(scenario: Scenario, kind: BuildbotKind): Promise<string[]> {
  const { simulation, instance } = await prepared(scenario, kind);
  instance.gate.recording = true;
  scenario.trigger(simulation, instance);
  await simulation.settle();
  return instance.gate.calls.filter(({ kind }) => kind === 'effect').map(({ name }) => name);
}

/** Plays a scenario with at most one fault, and then lets everything recover. */
export async function play(
  scenario: Scenario,
  kind: BuildbotKind,
  recovery: Recovery,
  fault?: { index: number; way: Way },
  mutant?: Mutant,
): Promise<Ending> {
  const { random } = Math;
  const seeded = new Random(1);
  Math.random = seeded.next;
  try {
    const { simulation, instance } = await prepared(scenario, kind, mutant);
    if (fault) {
      const { kind: kindOfFault, moment } = fault.way;
      instance.gate.fault = { skip: fault.index, moment, kind: kindOfFault, effectsOnly: true };
    }
    scenario.trigger(simulation, instance);
    await simulation.settle();
    scenario.afterwards?.(simulation);
    if (fault && [...simulation.faults.keys()].length === 0) throw new Error('the fault has not struck');
    await simulation.advance(40, 10);
    if (instance.isAlive && instance.gate.isPaused) simulation.kill(instance);
    await heal(simulation, {
      random: seeded,
      isSilent: recovery === 'reflector alone',
      results: [0],
      buildSeconds: scenario.buildSeconds ?? BUILD,
      patience: scenario.patience,
    });
    return ending(simulation);
  } finally {
    Math.random = random;
  }
}

async function prepared(scenario: Scenario, kind: BuildbotKind, mutant?: Mutant) {
  const simulation = new Simulation({ kind, mutant, instances: ['tc-listener', 'bb-listener', 'reflector'] });
  await scenario.prepare(simulation);
  simulation.faults.clear();
  const [instance] = simulation.of(scenario.service);
  if (!instance) throw new TypeError('nobody to act');
  return { simulation, instance };
}

function ending(simulation: Simulation): Ending {
  const story = simulation.taskIds.map((taskId) => {
    const ends = simulation
      .statusOf(taskId)
      ?.runs.map(({ state, reasonResolved }) => reasonResolved ?? state);
    // Whether the request of a cancelled task was stopped in its build, before it, or before it existed is a matter of moments.
    const requests = simulation.farm
      .of(taskId)
      .map(({ results, builds }) => (builds.length === 0 ? 6 : results))
      .filter((results) => ends?.at(-1) !== 'canceled' || results !== 6);
    return `${ends?.join(', ')} | ${requests.join(', ')}`;
  });
  const artifacts = simulation.taskIds.flatMap((taskId) => {
    const last = (simulation.statusOf(taskId)?.runs.length ?? 1) - 1;
    return simulation.queue.artifactsOf(taskId, last).map(({ name }) => name);
  });
  return { violations: simulation.watch.violations, story: story.join('; '), artifacts };
}
