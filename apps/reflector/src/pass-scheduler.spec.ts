import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { SchedulerRegistry } from '@nestjs/schedule';
import type { Configuration, Schedule, ScheduleGaps } from '@bbb/configuration';
import type { PassStore, Telemetry } from '@bbb/rules';
import { Heartbeats, SystemClock } from '@bbb/platform';
import { PassScheduler } from './pass-scheduler.service.js';
import type { PassOutcome, ReflectorPass } from './reflector-pass.service.js';

describe('PassScheduler', () => {
  let registry: SchedulerRegistry;
  let heartbeats: Heartbeats;
  let passes: { at: number; interval: number }[];
  let duration: number;
  let intervals: Record<string, number>;
  let outcome: PassOutcome;
  let finished: number[];
  let looks: number;
  const telemetry: Telemetry = {
    count: () => undefined,
    observe: () => undefined,
    set: (metric, value, labels) => {
      if (metric === 'loop_interval_seconds') intervals[labels!.loop!] = value;
    },
  };

  beforeEach(() => {
    jest.useFakeTimers({ now: Date.parse('2026-01-01T00:00:00Z') });
    registry = new SchedulerRegistry();
    heartbeats = new Heartbeats(new SystemClock());
    passes = [];
    duration = 0;
    intervals = {};
    outcome = 'finished';
    finished = [];
    looks = 0;
    jest.spyOn(Math, 'random').mockReturnValue(0);
  });

  afterEach(() => {
    for (const name of registry.getIntervals()) registry.deleteInterval(name);
    for (const name of registry.getCronJobs().keys()) registry.deleteCronJob(name);
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  function start(schedule: Schedule): void {
    let underWay: Promise<PassOutcome> | undefined;
    const makePass = async ({ least: interval }: ScheduleGaps): Promise<PassOutcome> => {
      passes.push({ at: (Date.now() - Date.parse('2026-01-01T00:00:00Z')) / 1000, interval });
      if (duration > 0) await new Promise((resolve) => setTimeout(resolve, duration * 1000));
      return outcome;
    };
    const pass = {
      // A tick during a pass joins it.
      run: (gaps: ScheduleGaps) => (underWay ??= makePass(gaps).finally(() => (underWay = undefined))),
      help: async () => void looks++,
    } as unknown as ReflectorPass;
    const configuration = { reflector: { schedule, claimedInterval: 600 } } as Configuration;
    const store = { noteFinished: async (now: number) => void finished.push(now) } as PassStore;
    const clock = new SystemClock();
    new PassScheduler(
      registry,
      pass,
      heartbeats,
      telemetry,
      store,
      clock,
      configuration,
    ).onApplicationBootstrap();
  }

  it('makes a pass at once and then at every interval, fractions and primes included', async () => {
    start({ everySeconds: 7.5 });
    await jest.advanceTimersByTimeAsync(16_000);
    expect(passes).toEqual([0, 7.5, 15].map((at) => ({ at, interval: 7.5 })));
  });

  it('follows a cron expression, and passes on its shortest gap', async () => {
    start({ cron: '0,10,30 * * * * *' });
    await jest.advanceTimersByTimeAsync(59_000);
    expect(passes).toEqual([0, 10, 30].map((at) => ({ at, interval: 10 })));
  });

  it('begins a pass up to a tenth of the interval late, by chance', async () => {
    start({ everySeconds: 60 });
    jest.spyOn(Math, 'random').mockReturnValue(0.5);
    await jest.advanceTimersByTimeAsync(130_000);
    expect(passes.map(({ at }) => at)).toEqual([0, 63, 123]);
  });

  it('leaves half an interval to other reflectors after a pass that failed', async () => {
    outcome = 'failed';
    start({ everySeconds: 60 });
    await jest.advanceTimersByTimeAsync(100_000);
    expect(passes.map(({ at }) => at)).toEqual([0, 90]);
    expect(finished).toEqual([]);
  });

  it('records when a pass was finished', async () => {
    start({ everySeconds: 60 });
    await jest.advanceTimersByTimeAsync(1);
    expect(finished).toEqual([Date.parse('2026-01-01T00:00:00Z') / 1000]);
    outcome = 'not-due';
    await jest.advanceTimersByTimeAsync(60_000);
    expect(finished).toHaveLength(1);
  });

  it('looks every sixth of an interval for a pass that needs help, also after a help that took several', async () => {
    outcome = 'not-due';
    duration = 130;
    start({ everySeconds: 60 });
    await jest.advanceTimersByTimeAsync(129_000);
    duration = 0;
    await jest.advanceTimersByTimeAsync(56_000);
    expect(passes.map(({ at }) => at)).toEqual([0, 180]);
    looks = 0;
    // Until just before the next tick.
    await jest.advanceTimersByTimeAsync(50_000);
    expect(looks).toBe(5);
  });

  it('exports the longest gap as the interval of each step', () => {
    start({ cron: '0,10,30 * * * * *' });
    expect(intervals).toEqual({ turn: 30, tracked: 30, pending: 30, orphans: 30, claimed: 600 });
  });

  it('counts as alive while passes end, and as dead when one has not ended for three intervals', async () => {
    start({ everySeconds: 60 });
    await jest.advanceTimersByTimeAsync(600_000);
    expect(heartbeats.findProblem('reflector-pass')).toBeUndefined();
    duration = 10_000;
    await jest.advanceTimersByTimeAsync(200_000);
    expect(heartbeats.findProblem('reflector-pass')).toBe('no progress for more than 180 s');
  });
});
