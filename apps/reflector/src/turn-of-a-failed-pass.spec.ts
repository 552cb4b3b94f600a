import { Logger } from '@nestjs/common';
import { beforeAll, expect, it } from '@jest/globals';
import type { Configuration } from '@bbb/configuration';
import { SystemClock } from '@bbb/platform';
import type { Reconciler } from '@bbb/reconciler';
import { type TaskQueue, type Telemetry, type TurnStore, Unavailable } from '@bbb/rules';
import type { MissedRunsStep } from './missed-runs-step.service.js';
import type { OrphanRequestsStep } from './orphan-requests-step.service.js';
import { ReflectorPass } from './reflector-pass.service.js';
import type { TrackedTasksStep } from './tracked-tasks-step.service.js';
import type { SharedWalks } from './walk/shared-walks.service.js';

beforeAll(() => Logger.overrideLogger(false));

type Step = 'tracked' | 'pending' | 'orphans' | 'claimed';

/** A pass of which one step, if any, fails. */
async function passWith(failing?: Step) {
  const taken = new Map<string, number>();
  const givenBack: [string, number | undefined][] = [];
  const steps: string[] = [];
  const run = async (step: Step) => {
    steps.push(`${step} begins`);
    await new Promise((resolve) => setImmediate(resolve));
    steps.push(`${step} ends`);
    if (step === failing) throw new Unavailable('taskcluster', 'no answer');
  };
  const turns = {
    take: async (name: string, now: number) => {
      taken.set(name, now);
      return true;
    },
    giveBack: async (name: string, takenAt: number) => void givenBack.push([name, takenAt]),
  } as TurnStore;
  const pass = new ReflectorPass(
    { run: () => run('tracked') } as unknown as TrackedTasksStep,
    {
      reconcilePending: (step: Step) => run(step),
      reconcileListed: (step: Step) => run(step),
    } as unknown as MissedRunsStep,
    { run: () => run('orphans') } as unknown as OrphanRequestsStep,
    { listPending: () => 'pending', listClaimed: () => 'claimed' } as unknown as TaskQueue,
    turns,
    { findOffered: async () => undefined } as unknown as SharedWalks,
    { stop: () => undefined } as unknown as Reconciler,
    new SystemClock(),
    { observe: () => undefined, set: () => undefined } as unknown as Telemetry,
    { reflector: { claimedInterval: 600 } } as Configuration,
  );
  await pass.run({ least: 60, most: 60 });
  return { taken, givenBack, steps };
}

it.each<[Step, string]>([
  ['tracked', 'pass'],
  ['pending', 'pass'],
  ['orphans', 'pass'],
  ['claimed', 'claimed'],
])('a pass whose step %s fails gives its turn of %s back', async (step, turn) => {
  const { taken, givenBack } = await passWith(step);
  expect(givenBack).toEqual([[turn, taken.get(turn)]]);
});

it('a pass that works keeps its turns', async () => {
  expect((await passWith()).givenBack).toEqual([]);
});

it.each<[Step | undefined]>([[undefined], ['tracked']])(
  'no request is created before the tracked tasks are counted, where the step %s fails',
  async (failing) => {
    const { steps } = await passWith(failing);
    expect(steps.indexOf('pending begins')).toBeGreaterThan(steps.indexOf('tracked ends'));
  },
);
