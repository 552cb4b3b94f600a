import { Logger } from '@nestjs/common';
import { Refused, Unavailable } from '@bbb/rules';
import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Given, TriggeringEvent } from './situation.js';
import { TASK, World } from './testing/world.js';

beforeAll(() => Logger.overrideLogger(false));

const LOST = ['worker-shutdown', 'claim-expired', 'intermittent-task'];

class Crash extends Error {
  override readonly name = 'Crash';
}

/** A world, what has happened in it outside of the bridge, and messages that are under way. */
class History {
  readonly world: World;
  readonly events: TriggeringEvent[] = [];
  readonly rerunByUser = new Set<number>();
  cancels = 0;
  #seen?: Given;

  constructor(retries: number) {
    this.world = new World({ retries, deadlineIn: 1_000_000 });
  }

  /** A trigger; what it stumbles over is left to the next. */
  async trigger(given?: Given): Promise<void> {
    await this.world.reconcile(given).catch((error: unknown) => {
      const isExpected = error instanceof Crash || error instanceof Unavailable || error instanceof Refused;
      if (!isExpected) throw error;
    });
  }

  get #newest(): number | undefined {
    return [...this.world.buildbot.requests.keys()].at(-1);
  }

  /** What a master may do next with the newest request. */
  master(step: 'start' | 'end' | 'requeue' | 0 | 1 | 2 | 6): void {
    const { buildbot } = this.world;
    const id = this.#newest;
    if (id === undefined) return;
    const { at } = buildbot.request(id).snapshot().state;
    const isIdle = at === 'waiting' || at === 'requeued';
    if (step === 'start') {
      if (isIdle) this.events.push(this.world.started(buildbot.startBuild(id)));
      return;
    }
    const number = buildbot.request(id).builds.at(-1)?.number ?? 0;
    if (step === 'end') {
      if (at === 'building') buildbot.endBuild(id);
    } else if (step === 'requeue') {
      if (at === 'building') {
        buildbot.requeue(id);
        this.events.push(this.world.finished(number, 5));
      }
    } else if (at === 'building' || at === 'finishing') {
      buildbot.complete(id, step);
      this.events.push(this.world.finished(number, step));
      if (step === 6) this.cancels++;
    }
  }

  cancelByHand(): void {
    const id = this.#newest;
    if (id === undefined || !this.world.buildbot.request(id).isOpen) return;
    this.world.buildbot.cancelByHand(id);
    this.cancels++;
  }

  userCancels(): void {
    this.world.task.cancel(this.world.clock.now());
    this.cancels++;
  }

  userReruns(): void {
    const before = this.world.task.runs.length;
    this.world.task.rerun(this.world.clock.now());
    if (this.world.task.runs.length > before) this.rerunByUser.add(before);
  }

  /** A walk reads both sides. */
  look(): void {
    const { row, task, buildbot } = this.world;
    const request = buildbot.requests.get(row?.buildRequestId ?? -1)?.snapshot();
    this.#seen = row && { row, status: task.status(), request, source: 'batched' };
  }

  /** The walk acts on what it has read, which may have changed since. */
  act(): Promise<void> {
    return this.trigger(this.#seen);
  }

  deliver(which: number, isBelieved: boolean): Promise<void> {
    const event = this.events[which % Math.max(1, this.events.length)];
    return this.trigger({ event, ...(isBelieved && { row: this.world.row, source: 'believed' as const }) });
  }

  crashAt(index: number, when: 'before' | 'after'): void {
    const from = this.world.effects.effects.length;
    this.world.effects.faults = (call, moment) =>
      call.kind === 'effect' && call.index === from + index && moment === when ? new Crash() : undefined;
  }

  pass(seconds: number): void {
    this.world.clock.advance(seconds);
    this.world.queue.tick();
  }

  /** Nothing goes wrong any more: the clock goes on, masters build what they find. */
  async fairProgress(): Promise<void> {
    this.world.effects.faults = () => undefined;
    for (let round = 0; round < 60; round++) {
      await this.world.reconcile();
      this.world.buildbot.obey();
      if (round % 4 === 1) this.master('start');
      if (round % 4 === 3) this.master(0);
      this.pass(60);
    }
  }
}

type Command = (history: History) => void | Promise<void>;

function command(name: string, run: Command): { toString: () => string; run: Command } {
  return { toString: () => name, run };
}

const commands = fc.oneof(
  { weight: 6, arbitrary: fc.constant(command('reconcile', (it) => it.trigger())) },
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.nat(9), fc.boolean())
      .map(([which, believed]) =>
        command(`deliver(${which}, ${believed})`, (it) => it.deliver(which, believed)),
      ),
  },
  {
    weight: 8,
    arbitrary: fc
      .constantFrom('start', 'start', 'end', 'requeue', 0, 1, 2, 6)
      .map((step) => command(`master(${step})`, (it) => it.master(step as 'start'))),
  },
  { weight: 2, arbitrary: fc.constant(command('look', (it) => it.look())) },
  { weight: 2, arbitrary: fc.constant(command('act', (it) => it.act())) },
  { weight: 1, arbitrary: fc.constant(command('cancelByHand', (it) => it.cancelByHand())) },
  { weight: 2, arbitrary: fc.constant(command('userCancels', (it) => it.userCancels())) },
  { weight: 2, arbitrary: fc.constant(command('userReruns', (it) => it.userReruns())) },
  { weight: 2, arbitrary: fc.constant(command('obey', (it) => it.world.buildbot.obey())) },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom(60, 700, 1300)
      .map((seconds) => command(`pass(${seconds})`, (it) => it.pass(seconds))),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.nat(4), fc.constantFrom('before' as const, 'after' as const))
      .map(([index, when]) => command(`crashAt(${index}, ${when})`, (it) => it.crashAt(index, when))),
  },
);

describe('any history', () => {
  it('keeps the invariants, and comes to its end once nothing goes wrong any more', async () => {
    const outcomes = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(0, 1, 5),
        fc.array(commands, { minLength: 3, maxLength: 30 }),
        async (retries, steps) => {
          const history = new History(retries);
          const { world } = history;
          for (const step of steps) await step.run(history);
          await history.fairProgress();

          // Never two live requests of one task, and none that nobody follows.
          expect(world.buildbot.doubles).toEqual([]);
          expect(world.buildbot.openOf(TASK)).toEqual([]);
          expect(world.row).toBeUndefined();
          const { story, runs } = world.task;
          expect(['pending', 'running']).not.toContain(story.at(-1));
          // A result is reported only of a build that had it.
          const results = [...world.buildbot.requests.values()]
            .flatMap(({ builds }) => builds)
            .map((b) => b.results);
          const count = (...wanted: number[]) =>
            results.filter((result) => wanted.includes(result ?? -1)).length;
          expect(story.filter((end) => end === 'completed').length).toBeLessThanOrEqual(count(0));
          expect(story.filter((end) => end === 'failed').length).toBeLessThanOrEqual(count(1, 2));
          // The bridge cancels only what somebody has cancelled, and reruns only what was lost.
          expect(story.filter((end) => end === 'canceled').length).toBeLessThanOrEqual(history.cancels);
          const reruns = runs.filter(
            ({ runId, reasonCreated }) => reasonCreated === 'rerun' && !history.rerunByUser.has(runId),
          );
          for (const { runId } of reruns) expect(LOST).toContain(story[runId - 1]);
          const end = story.at(-1) ?? '';
          outcomes.set(end, (outcomes.get(end) ?? 0) + 1);
        },
      ),
      { numRuns: 1000 },
    );
    // A model in which little happens proves little.
    for (const end of ['completed', 'failed', 'canceled']) expect(outcomes.get(end)).toBeGreaterThan(10);
  });
});
