import { seededRandom } from '../../sandbox/buildbot/random.js';
import type { SelfServeOptions } from '../../sandbox/self-serve/index.js';
import type { Fault, FaultHook } from '../../sandbox/taskcluster/index.js';
import type { Tally } from './counters.js';

type SelfServeFault = ReturnType<NonNullable<SelfServeOptions['fault']>>;

const TASKCLUSTER: readonly (readonly [name: string, fault: Fault])[] = [
  ['503', { status: 503 }],
  ['500', { status: 500 }],
  ['effect, then 500', 'effect-then-500'],
  ['effect, then 500', 'effect-then-500'],
  ['hang', 'hang'],
  ['effect, then hang', 'effect-then-hang'],
  ['reset', 'reset'],
  ['effect, then reset', 'effect-then-reset'],
  ['effect, then reset', 'effect-then-reset'],
  ['effect, then half an answer', 'broken-json'],
  ['429', { status: 429 }],
  ['web page', 'html'],
];

const SELF_SERVE: readonly (readonly [name: string, fault: SelfServeFault])[] = [
  ['503', { kind: 'answer', status: 503 }],
  ['503', { kind: 'answer', status: 503 }],
  ['effect, then 503', { kind: 'effect-then', status: 503 }],
  ['hang', { kind: 'hang' }],
  ['404 of a lagging replica', { kind: 'answer', status: 404 }],
  ['effect, then reset', { kind: 'reply-lost' }],
  ['stored, never done', { kind: 'broker-down' }],
  ['half an answer', { kind: 'half' }],
];

/** How Taskcluster, Self Serve and the messages fare: ordinary bad luck all the time, and outages on top of it. */
export class Weather {
  taskclusterIsAway: number | undefined;
  selfServeIsAway: number | undefined;
  silence = false;
  private isCalm = false;
  private readonly dice: Record<'taskcluster' | 'selfServe' | 'mail', () => number>;

  constructor(
    seed: number,
    private readonly tally: Tally,
    /** Whether calls to Taskcluster and Self Serve fail; messages always fare badly. */
    private readonly callsFail = true,
  ) {
    const [taskcluster, selfServe, mail] = [1, 2, 3].map((number) => seededRandom(seed * 7919 + number));
    this.dice = { taskcluster: taskcluster!, selfServe: selfServe!, mail: mail! };
  }

  /** From now on nothing goes wrong. */
  calm(): void {
    this.isCalm = true;
  }

  readonly taskcluster: FaultHook = () => {
    const away = this.taskclusterIsAway;
    if (this.isCalm || !this.callsFail || (away === undefined && this.dice.taskcluster() > 0.06))
      return 'pass';
    // An outage is of one kind; bad luck is of any.
    const [name, fault] = pick(TASKCLUSTER, away ?? this.dice.taskcluster());
    this.tally.count(`Taskcluster: ${name}`);
    return fault;
  };

  readonly selfServe = (): SelfServeFault => {
    const away = this.selfServeIsAway;
    if (this.isCalm || !this.callsFail || (away === undefined && this.dice.selfServe() > 0.2))
      return undefined;
    const [name, fault] = pick(SELF_SERVE, away ?? this.dice.selfServe());
    this.tally.count(`Self Serve: ${name}`);
    return fault;
  };

  /** A message's copies, each with the seconds it takes. */
  readonly fate = (): readonly number[] => {
    this.tally.count('messages: published');
    if (this.isCalm) return [0];
    const [luck, delay] = [this.dice.mail(), this.dice.mail() * 5];
    if (this.silence || luck < 0.1) {
      this.tally.count('messages: dropped');
      return [];
    }
    if (luck < 0.2) {
      this.tally.count('messages: doubled');
      return [0, delay];
    }
    if (luck > 0.4) return [0];
    this.tally.count('messages: late');
    return [delay];
  };
}

function pick<T>(list: readonly T[], place: number): T {
  return list[Math.floor(place * list.length)]!;
}
