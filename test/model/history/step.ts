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
  skew: 2,
  'rows-lost': 0.6,
} as const;

export type Op = keyof typeof WEIGHTS | 'short-outage';

/** No process fails, clocks agree, and outages are short: then no claim may expire. */
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
  'short-outage': 5,
};

export interface History {
  seed: number;
  isCalm: boolean;
  /** Nothing is told any more once everything is well again: the clock alone must do. */
  endsSilent: boolean;
  idLimit: number;
  /** How long builds last at least when everything is well again (seconds). */
  buildSeconds: number;
  steps: Step[];
}

/** The history of a seed. */
export function historyOf(seed: number, random: Random): History {
  const isCalm = random.chance(0.15);
  const length = 12 + random.below(45);
  const draw = drawing(isCalm ? CALM : WEIGHTS);
  const steps: Step[] = [
    { op: 'create', a: random.below(1000), b: random.below(1000), c: random.below(1000) },
  ];
  while (steps.length < length) {
    const [a, b, c] = [random.below(1000), random.below(1000), random.below(1000)];
    steps.push({ op: draw(random), a, b, c });
  }
  return {
    seed,
    isCalm,
    endsSilent: random.chance(0.4),
    idLimit: random.chance(0.2) ? 1 : 100,
    buildSeconds: random.chance(0.15) ? 400 : 0,
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
