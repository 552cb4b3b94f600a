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

beforeAll(() => Logger.overrideLogger(false));

async function passWith(trackedTasks: () => Promise<void>) {
  const taken: number[] = [];
  const givenBack: [string, number][] = [];
  const turns = {
    take: async (name: string, now: number) => {
      if (name === 'pass') taken.push(now);
      return name === 'pass';
    },
    giveBack: async (name: string, takenAt: number) => void givenBack.push([name, takenAt]),
  } as TurnStore;
  const pass = new ReflectorPass(
    { run: trackedTasks } as unknown as TrackedTasksStep,
    { takeUp: async () => undefined } as unknown as MissedRunsStep,
    { run: async () => undefined } as unknown as OrphanRequestsStep,
    { listPending: () => undefined } as unknown as TaskQueue,
    turns,
    { stop: () => undefined } as unknown as Reconciler,
    new SystemClock(),
    { observe: () => undefined, set: () => undefined } as unknown as Telemetry,
    { reflector: { claimedInterval: 600 } } as Configuration,
  );
  await pass.run({ least: 60, most: 60 });
  return { taken, givenBack };
}

it('a pass that cannot see to the tracked tasks gives its turn back', async () => {
  const { taken, givenBack } = await passWith(() =>
    Promise.reject(new Unavailable('taskcluster', 'no answer')),
  );
  expect(givenBack).toEqual([['pass', taken[0]]]);
});

it('a pass that works keeps its turn', async () => {
  expect((await passWith(() => Promise.resolve())).givenBack).toEqual([]);
});
