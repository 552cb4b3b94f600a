import { describe, expect, it } from '@jest/globals';
import {
  METRICS,
  type MessageStore,
  type PassStore,
  type PauseStore,
  type TaskQueue,
  type TaskStatistics,
  type TaskStore,
} from '@bbb/rules';
import { Metrics } from '@bbb/platform';
import { StateGauges } from './state-gauges.js';

/** What a scrape shows of the given state. */
async function scrape(statistics: () => Promise<TaskStatistics>): Promise<string> {
  const metrics = new Metrics().define(METRICS);
  const tasks = { readStatistics: statistics } as Pick<TaskStore, 'readStatistics'> as TaskStore;
  const messages = {
    count: async (state) => (state === 'parked' ? 2 : 1),
  } as Pick<MessageStore, 'count'> as MessageStore;
  const passes = { read: async () => ({ missing: 7, doubtedSince: 900 }) } as unknown as PassStore;
  const queue = { readClockOffset: () => 50 } as Pick<TaskQueue, 'readClockOffset'> as TaskQueue;
  const pauses = { list: async () => [{}, {}] } as unknown as PauseStore;
  new StateGauges(metrics, tasks, messages, passes, pauses, { now: () => 1000 }, queue).onModuleInit();
  return metrics.renderText();
}

describe('StateGauges', () => {
  it('show the contents of the bridge database', async () => {
    const text = await scrape(async () => ({ claimed: 3, unclaimed: 4, leastTakenUntil: 1200 }));
    expect(text).toContain('bbb_tracked_tasks{state="claimed"} 3\n');
    expect(text).toContain('bbb_tracked_tasks{state="unclaimed"} 4\n');
    expect(text).toContain('bbb_claim_margin_least_seconds 150\n');
    expect(text).toContain('bbb_kept_messages{state="parked"} 2\n');
    expect(text).toContain('bbb_kept_messages{state="quarantined"} 1\n');
    expect(text).toContain('bbb_tracked_missing 7\n');
    expect(text).toContain('bbb_absence_doubted 1\n');
    expect(text).toContain('bbb_pauses 2\n');
    expect(text).toMatch(/^bbb_build_info\{version="\d+\.\d+\.\d+",node="v\d+\.\d+\.\d+"\} 1$/m);
  });

  it('show no claim margin while no task is claimed', async () => {
    const text = await scrape(async () => ({ claimed: 0, unclaimed: 1, leastTakenUntil: null }));
    expect(text).toContain('bbb_claim_margin_least_seconds Nan\n');
  });

  it('are absent while their table cannot be read', async () => {
    const text = await scrape(() => Promise.reject(new Error('unavailable')));
    expect(text).not.toMatch(/^bbb_(tracked_tasks|claim)/m);
    expect(text).toContain('bbb_kept_messages{state="parked"} 2\n');
  });
});
