import { Logger } from '@nestjs/common';
import { beforeAll, expect, it } from '@jest/globals';
import type { Configuration } from '@bbb/configuration';
import { SystemClock } from '@bbb/platform';
import type { Reconciler } from '@bbb/reconciler';
import { type TaskQueue, type Telemetry, Unavailable } from '@bbb/rules';
import type { MissedRunsStep } from '../missed-runs-step.service.js';
import type { OrphanRequestsStep } from '../orphan-requests-step.service.js';
import { ReflectorPass } from '../reflector-pass.service.js';
import type { TrackedTasksStep } from '../tracked-tasks-step.service.js';
import type { SharedWalks } from './shared-walks.service.js';

beforeAll(() => Logger.overrideLogger(false));

const GAPS = { least: 60, most: 60 };

/** A reflector beside another whose pass takes long, which has taken the turn before it. */
async function start({ isAlone = false } = {}) {
  const state = { turnIsFree: true, isReachable: true, isOffered: true, did: [] as string[] };
  const work = (what: string) => async () => {
    state.did.push(what);
    if (!state.isReachable) throw new Unavailable('taskcluster', 'no answer');
  };
  const pass = new ReflectorPass(
    { run: work('pass'), help: work('help') } as unknown as TrackedTasksStep,
    {
      reconcilePending: async () => undefined,
      reconcileListed: async () => undefined,
    } as unknown as MissedRunsStep,
    { run: async () => undefined } as unknown as OrphanRequestsStep,
    { listPending: () => [], listClaimed: () => [] } as unknown as TaskQueue,
    { take: async () => state.turnIsFree, giveBack: async () => undefined },
    { findOffered: async () => (state.isOffered ? 1000 : undefined) } as unknown as SharedWalks,
    { stop: () => undefined } as unknown as Reconciler,
    new SystemClock(),
    { observe: () => undefined, set: () => undefined } as unknown as Telemetry,
    { reflector: { claimedInterval: 600, stuckGrace: 600 } } as Configuration,
  );
  if (isAlone) return { state, pass };
  state.turnIsFree = false;
  expect(await pass.run(GAPS)).toBe('not-due');
  state.turnIsFree = true;
  return { state, pass };
}

it('a reflector helps another before it makes a pass of its own, once a pass of its own has worked', async () => {
  const { state, pass } = await start();
  expect(await pass.run(GAPS)).toBe('finished');
  expect(await pass.run(GAPS)).toBe('finished');
  state.turnIsFree = false;
  expect(await pass.run(GAPS)).toBe('not-due');
  await pass.help(GAPS);
  expect(state.did).toEqual(['pass', 'help', 'pass', 'help', 'help']);
  state.isOffered = false;
  await pass.help(GAPS);
  expect(state.did).toHaveLength(5);
});

it('a reflector that could not help leaves the others alone until a pass of its own has worked', async () => {
  const { state, pass } = await start();
  await pass.run(GAPS);
  state.isReachable = false;
  expect(await pass.run(GAPS)).toBe('failed');
  await pass.help(GAPS);
  expect(state.did).toEqual(['pass', 'help']);
  expect(await pass.run(GAPS)).toBe('failed');
  state.isReachable = true;
  await pass.help(GAPS);
  expect(await pass.run(GAPS)).toBe('finished');
  await pass.help(GAPS);
  expect(state.did).toEqual(['pass', 'help', 'pass', 'pass', 'help']);
});

it('a lone reflector does not look for a pass of another', async () => {
  const { state, pass } = await start({ isAlone: true });
  await pass.run(GAPS);
  await pass.run(GAPS);
  expect(state.did).toEqual(['pass', 'pass']);
});
