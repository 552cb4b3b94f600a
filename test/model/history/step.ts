import type { BuildbotKind } from '../buildbot/farm.js';
import type { Random } from '../random.js';

/** What may happen; the numbers choose among what is there when it happens, so that any step may be left out. */
export interface Step {
  op: Op;
  a: number;
  b: number;
  c: number;
}

/** Operations, and how often each is drawn. */
const WEIGHTS = {
  create: 5,
  deliver: 30,
  burst: 7,
  drop: 4,
  duplicate: 4,
  echo: 5,
  'queue-deleted': 1,
  poison: 1,
  advance: 14,
  master: 40,
  'master-kill': 2,
  'master-restart': 4,
  agent: 8,
  'user-cancels': 3,
  'user-reruns': 3,
  'user-cancels-in-buildbot': 3,
  'other-worker-claims': 1,
  fault: 14,
  kill: 2,
  restart: 4,
  pause: 2,
  resume: 5,
  add: 1,
  outage: 4,
  'sick-reflector': 1,
  'foreign-answers': 2,
  'taskcluster-emptied': 0.5,
  'rows-lost': 0.6,
  'rows-backup': 2,
  'requests-backup': 2,
  'requests-emptied': 0.5,
} as const;

/** What only a modern Buildbot does. */
const MODERN_WEIGHTS = {
  'master-shut-down': 2,
  'master-moved': 1,
  'master-loses-build': 2,
  collapse: 2,
  rebuild: 1,
} as const;

export type Op = keyof typeof WEIGHTS | keyof typeof MODERN_WEIGHTS | 'short-outage';

/** No process fails but a reflector that others make good, and outages are short: then no claim may expire. */
const CALM: Partial<Record<Op, number>> = {
  create: 5,
  deliver: 30,
  drop: 4,
  duplicate: 4,
  advance: 14,
  master: 30,
  agent: 8,
  'user-cancels': 1,
  'user-cancels-in-buildbot': 1,
  'sick-reflector': 2,
  'short-outage': 5,
};

/** Whether the lost database comes back, or the loss is confirmed. */
export type Operator = 'restores' | 'confirms';

export interface History {
  seed: number;
  kind: BuildbotKind;
  isCalm: boolean;
  /** Nothing is told any more once everything is well again: the clock alone must do. */
  endsSilent: boolean;
  idLimit: number;
  /** By how much the clock of each host is off (seconds). */
  skews: readonly number[];
  /** Who finds out that a database is empty, and what is done about it. */
  operator: Operator;
  /** How long builds last at least when everything is well again (seconds). */
  buildSeconds: number;
  steps: Step[];
}

/** The history of a seed. */
export function historyOf(seed: number, random: Random): History {
  const isCalm = random.chance(0.15);
  const length = 12 + random.below(45);
  const kind = random.pick(['legacy', 'modern'] as const);
  const draw = drawing(isCalm ? CALM : kind === 'legacy' ? WEIGHTS : { ...WEIGHTS, ...MODERN_WEIGHTS });
  const steps: Step[] = [
    { op: 'create', a: random.below(1000), b: random.below(1000), c: random.below(1000) },
  ];
  while (steps.length < length) {
    const [a, b, c] = [random.below(1000), random.below(1000), random.below(1000)];
    steps.push({ op: draw(random), a, b, c });
  }
  return {
    seed,
    kind,
    isCalm,
    endsSilent: random.chance(0.4),
    idLimit: random.chance(0.2) ? 1 : 100,
    buildSeconds: random.chance(0.15) ? 400 : 0,
    skews: random.chance(0.5) ? [] : Array.from({ length: 8 }, () => random.below(1441) - 720),
    operator: random.pick(['restores', 'confirms'] as const),
    steps,
  };
}

function drawing(weights: Partial<Record<Op, number>>): (random: Random) => Op {
  const entries = Object.entries(weights) as [Op, number][];
  const total = entries.reduce((sum, [, weight]) => sum + weight, 0);
  return (random) => {
    let left = random.next() * total;
    for (const [op, weight] of entries) {
      left -= weight;
      if (left < 0) return op;
    }
    return 'advance';
  };
}
