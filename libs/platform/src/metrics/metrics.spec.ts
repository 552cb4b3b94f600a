import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Metrics, type MetricDefinition } from './metrics.js';

const CATALOGUE: Record<string, MetricDefinition> = {
  messages_total: { type: 'counter', help: 'Messages by outcome.', labels: ['queue', 'outcome'] },
  rejected_total: { type: 'counter', help: 'Rejected payloads.' },
  pass_seconds: { type: 'histogram', help: 'Duration of passes.' },
  tracked_tasks: { type: 'gauge', help: 'Tracked tasks.', labels: ['state'] },
  margin_seconds: { type: 'gauge', help: 'Margin of claims.' },
};

const create = () => new Metrics().define(CATALOGUE);

describe('Metrics', () => {
  it('counts, observes and sets under a common prefix, with the help of the catalogue', async () => {
    const metrics = create();
    metrics.count('messages_total', { queue: 'task-pending', outcome: 'done' });
    metrics.count('messages_total', { queue: 'task-pending', outcome: 'done' }, 2);
    metrics.observe('pass_seconds', 0.2);
    metrics.set('tracked_tasks', 3, { state: 'running' });
    metrics.set('tracked_tasks', 1, { state: 'running' });
    const text = await metrics.renderText();
    expect(text).toContain('# HELP bbb_messages_total Messages by outcome.\n');
    expect(text).toContain('bbb_messages_total{queue="task-pending",outcome="done"} 3\n');
    expect(text).toContain('bbb_pass_seconds_count 1\n');
    expect(text).toContain('bbb_pass_seconds_bucket{le="0.25"} 1\n');
    expect(text).toContain('bbb_pass_seconds_bucket{le="0.1"} 0\n');
    expect(text).toContain('bbb_tracked_tasks{state="running"} 1\n');
  });

  it.each<[string, (metrics: Metrics) => void]>([
    ['is not in the catalogue', (metrics) => metrics.count('invented_total')],
    ['is of another type', (metrics) => metrics.set('rejected_total', 1)],
    ['lacks a label', (metrics) => metrics.count('messages_total', { queue: 'task-pending' })],
    ['has a label too many', (metrics) => metrics.count('rejected_total', { queue: 'task-pending' })],
  ])('refuses what %s', (_, use) => {
    expect(() => use(create())).toThrow(/^the catalogue has no /);
  });

  it('separates the metrics of applications', async () => {
    const [one, other] = [create(), create()];
    one.count('rejected_total');
    one.collectProcess();
    expect(await one.renderText()).toContain('process_cpu_seconds_total');
    expect(await other.renderText()).not.toMatch(/rejected_total|process_/);
  });

  describe('gauges that are read for a scrape', () => {
    beforeEach(() => void jest.useFakeTimers());
    afterEach(() => void jest.useRealTimers());

    const readSeries = async (metrics: Metrics) =>
      (await metrics.renderText()).split('\n').filter((line) => line.startsWith('bbb_'));

    it('are read once for all of them and for some seconds, and lose series that are gone', async () => {
      const metrics = create();
      let reads = 0;
      metrics.collect(['tracked_tasks', 'margin_seconds'], async () => {
        reads++;
        return reads === 1
          ? { tracked_tasks: [{ labels: { state: 'a' }, value: 1 }], margin_seconds: [{ value: 5 }] }
          : { tracked_tasks: [{ labels: { state: 'b' }, value: 2 }] };
      });
      expect(await readSeries(metrics)).toEqual(['bbb_tracked_tasks{state="a"} 1', 'bbb_margin_seconds 5']);
      jest.advanceTimersByTime(4_000);
      expect(await readSeries(metrics)).toHaveLength(2);
      expect(reads).toBe(1);
      jest.advanceTimersByTime(1_000);
      expect(await readSeries(metrics)).toEqual(['bbb_tracked_tasks{state="b"} 2']);
    });

    it('are absent while they cannot be read, or not in time', async () => {
      const metrics = create();
      let answer = () => Promise.reject<{ margin_seconds: { value: number }[] }>(new Error('unavailable'));
      metrics.collect(['margin_seconds'], () => answer());
      expect(await readSeries(metrics)).toEqual([]);
      jest.advanceTimersByTime(5_000);
      answer = () => new Promise(() => undefined);
      const late = readSeries(metrics);
      await jest.advanceTimersByTimeAsync(2_000);
      expect(await late).toEqual([]);
      jest.advanceTimersByTime(5_000);
      answer = async () => ({ margin_seconds: [{ value: 7 }] });
      expect(await readSeries(metrics)).toEqual(['bbb_margin_seconds 7']);
    });
  });

  it('know when a counter or histogram was last used', () => {
    const clock = { now: () => 1000 };
    const metrics = new Metrics(clock).define({
      made_total: { type: 'counter', help: 'Made.' },
      took_seconds: { type: 'histogram', help: 'Took.' },
    });
    metrics.count('made_total', {}, 0);
    expect(metrics.readLastUse('made_total')).toBeUndefined();
    metrics.count('made_total');
    metrics.observe('took_seconds', 1);
    expect(['made_total', 'took_seconds'].map((name) => metrics.readLastUse(name))).toEqual([1000, 1000]);
  });
});
