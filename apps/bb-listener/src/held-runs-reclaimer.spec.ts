import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Configuration } from '@bbb/configuration';
import { type HeldClaim, type TaskQueue, Unavailable } from '@bbb/rules';
import type { Given, Reconciler } from '@bbb/reconciler';
import { ManualClock } from '../../../test/support/doubles/manual-clock.js';
import { HeldRunsReclaimer } from './held-runs-reclaimer.service.js';

Logger.overrideLogger(false);

const WINDOW = 600;

describe('HeldRunsReclaimer', () => {
  const clock = new ManualClock();
  /** Seconds by which the queue's clock is ahead. */
  let offset: number;
  let held: HeldClaim[];
  let reconciled: [string, Given][];
  let failing: string | undefined;

  const queue = { listHeldRuns: () => held, readClockOffset: () => offset } as unknown as TaskQueue;
  const reconciler = {
    reconcile: async (taskId: string, given: Given) => {
      reconciled.push([taskId, given]);
      if (taskId === failing) throw new Unavailable('taskcluster', 'no answer');
    },
  } as unknown as Reconciler;
  const configuration = { reflector: { reclaimWindow: WINDOW } } as Configuration;
  const reclaimer = () => new HeldRunsReclaimer(queue, reconciler, clock, configuration);
  /** A run whose claim ends so many seconds from now. */
  const claim = (taskId: string, left: number): HeldClaim => ({
    taskId,
    runId: 0,
    takenUntil: clock.now() + left,
  });

  beforeEach(() => {
    offset = 0;
    held = [];
    reconciled = [];
    failing = undefined;
  });
  afterEach(() => void jest.useRealTimers());

  it('reconciles the runs whose claims are due, the most urgent first, and leaves news to their messages', async () => {
    held = [claim('late', 900), claim('due', 500), claim('urgent', 20), claim('expired', -1)];
    await reclaimer().run();
    expect(reconciled).toEqual([
      ['urgent', { expectedFor: 0 }],
      ['due', { expectedFor: 0 }],
    ]);
  });

  it('judges by the queue’s clock', async () => {
    held = [claim('task', 900)];
    offset = 400;
    await reclaimer().run();
    expect(reconciled.map(([taskId]) => taskId)).toEqual(['task']);
  });

  it('goes on after a failure', async () => {
    held = Array.from({ length: 120 }, (_, index) => claim(`task-${index}`, 100 + index));
    failing = 'task-3';
    await reclaimer().run();
    expect(reconciled).toHaveLength(120);
  });

  it('looks several times before the reflector would reclaim, until it is stopped', async () => {
    jest.useFakeTimers();
    held = [claim('task', 500)];
    const running = reclaimer();
    running.onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(0.2 * WINDOW * 1000);
    expect(reconciled.length).toBeGreaterThanOrEqual(3);
    await running.beforeApplicationShutdown();
    reconciled = [];
    await jest.advanceTimersByTimeAsync(WINDOW * 1000);
    expect(reconciled).toEqual([]);
  });
});
