import { Logger } from '@nestjs/common';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { DEFINITION, TASK, World } from './testing/world.js';

beforeAll(() => Logger.overrideLogger(false));

class Crash extends Error {
  override readonly name = 'Crash';
}

/** Crashes count as they would in a process: what follows never happens. */
async function survive(attempt: Promise<unknown>): Promise<void> {
  await attempt.catch((error: unknown) => {
    if (!(error instanceof Crash)) throw error;
  });
}

interface Story {
  name: string;
  make?: () => World;
  /** Leads the world through the story; every call to the bridge is given to `step`. */
  tell: (world: World, step: (attempt: Promise<unknown>) => Promise<void>) => Promise<void>;
  ends: string[][];
}

/** The newest request, if the crash has let one be made. */
function newest(world: World): number | undefined {
  return [...world.buildbot.requests.keys()].at(-1);
}

async function started(world: World, step: (attempt: Promise<unknown>) => Promise<void>): Promise<number> {
  await step(world.reconcile());
  // A lost injection is made good by the next pass; its build starts only then.
  if (newest(world) === undefined) await step(world.reconcile());
  const number = world.buildbot.startBuild(newest(world) ?? 0);
  await step(world.reconcile({ event: world.started(number) }));
  return number;
}

const STORIES: Story[] = [
  {
    name: 'a build that succeeds',
    tell: async (world, step) => {
      const number = await started(world, step);
      world.buildbot.complete(world.request.buildRequestId, 0);
      await step(world.reconcile({ event: world.finished(number, 0) }));
    },
    ends: [['completed']],
  },
  {
    name: 'a build whose messages are all lost',
    tell: async (world, step) => {
      await step(world.reconcile());
      if (newest(world) === undefined) await step(world.reconcile());
      world.buildbot.startBuild(newest(world) ?? 0);
      world.clock.advance(900);
      await step(world.reconcile());
      world.clock.advance(700);
      await step(world.reconcile());
      world.buildbot.complete(world.request.buildRequestId, 2);
    },
    ends: [['failed']],
  },
  {
    name: 'a RETRY, told of after the next build has started',
    tell: async (world, step) => {
      const first = await started(world, step);
      world.buildbot.requeue(world.request.buildRequestId);
      const second = world.buildbot.startBuild(world.request.buildRequestId);
      await step(world.reconcile({ event: world.started(second) }));
      await step(world.reconcile({ event: world.finished(first, 5) }));
      world.buildbot.complete(world.request.buildRequestId, 0);
      await step(world.reconcile({ event: world.finished(second, 0) }));
    },
    // Where the record of the first claim was cut off, the run goes on with the second build.
    ends: [['worker-shutdown', 'completed'], ['completed']],
  },
  {
    name: 'a RETRY with no retries left',
    make: () => new World({ retries: 0 }),
    tell: async (world, step) => {
      const first = await started(world, step);
      world.buildbot.requeue(world.request.buildRequestId);
      await step(world.reconcile({ event: world.finished(first, 5) }));
      await step(world.reconcile());
      world.buildbot.startBuild(world.request.buildRequestId);
      await step(world.reconcile());
      world.buildbot.complete(world.request.buildRequestId, 0);
    },
    // A claim cut off before its effect leaves no run to end for the RETRY.
    ends: [['worker-shutdown', 'completed'], ['completed']],
  },
  {
    name: 'a refused payload',
    make: () => new World({ definition: { ...DEFINITION, payload: {} } }),
    tell: (world, step) => step(world.reconcile()),
    ends: [['malformed-payload']],
  },
  {
    name: 'a task cancelled during its build',
    tell: async (world, step) => {
      await started(world, step);
      world.task.cancel(world.clock.now());
      await step(world.reconcile());
    },
    ends: [['canceled']],
  },
  {
    name: 'a build cancelled in Buildbot',
    tell: async (world, step) => {
      await started(world, step);
      world.buildbot.cancelByHand(world.request.buildRequestId);
      await step(world.reconcile());
    },
    ends: [['canceled']],
  },
  {
    name: 'a rerun while the cancelled request is still live',
    tell: async (world, step) => {
      await started(world, step);
      world.task.cancel(world.clock.now());
      await step(world.reconcile());
      world.task.rerun(world.clock.now());
      await step(world.reconcile());
      world.buildbot.obey();
      await step(world.reconcile());
    },
    ends: [['canceled', 'pending']],
  },
  {
    name: 'a request that vanishes',
    tell: async (world, step) => {
      await started(world, step);
      world.buildbot.vanish(world.request.buildRequestId);
      await step(world.reconcile());
      world.clock.advance(300);
      await step(world.reconcile());
    },
    ends: [['internal-error'], ['pending']],
  },
];

/** Tells a story with one fault, lets the clock bring it to its end, and says how many effects it had. */
async function tellWith(
  { make, tell }: Story,
  fault?: { index: number; moment: 'before' | 'after' },
): Promise<{ world: World; effects: number }> {
  const world = make?.() ?? new World();
  world.effects.faults = (call, moment) =>
    call.kind === 'effect' && call.index === fault?.index && moment === fault.moment
      ? new Crash()
      : undefined;
  await tell(world, survive);
  const effects = world.effects.effects.length;
  for (let pass = 0; pass < 30; pass++) {
    await survive(world.reconcile());
    world.buildbot.obey();
    world.clock.advance(60);
    world.queue.tick();
  }
  return { world, effects };
}

describe.each(STORIES)('$name', (story) => {
  it.each(['before', 'after'] as const)('comes to its end when cut off %s any effect', async (moment) => {
    const { effects } = await tellWith(story);
    expect(effects).toBeGreaterThan(2);
    for (let index = 0; index < effects; index++) {
      const { world } = await tellWith(story, { index, moment });
      const live = world.buildbot.openOf(TASK).length;
      const outcome = { index, effect: world.effects.effects[index], story: world.task.story, live };
      const isPending = world.task.story.at(-1) === 'pending';
      expect(story.ends).toContainEqual(outcome.story);
      expect({ ...outcome, doubles: world.buildbot.doubles }).toEqual({ ...outcome, doubles: [] });
      expect({ ...outcome, tracked: world.row !== undefined }).toEqual({
        ...outcome,
        live: isPending ? 1 : 0,
        tracked: isPending,
      });
    }
  });

  it('comes to its likeliest end when nothing goes wrong', async () => {
    const { world } = await tellWith(story);
    expect(world.task.story).toEqual(story.ends[0]);
  });
});
