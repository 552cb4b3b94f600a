import { describe, expect, it } from '@jest/globals';
import { Metrics } from './metrics.js';

describe('Metrics', () => {
  it('counts, observes and sets under a common prefix', async () => {
    const metrics = new Metrics();
    metrics.count('messages_total', { queue: 'task-pending', outcome: 'done' });
    metrics.count('bbb_messages_total', { queue: 'task-pending', outcome: 'done' }, 2);
    metrics.observe('pass_seconds', 0.2);
    metrics.set('tracked', 3, { state: 'running' });
    metrics.set('tracked', 1, { state: 'running' });
    const text = await metrics.text();
    expect(text).toContain('bbb_messages_total{queue="task-pending",outcome="done"} 3\n');
    expect(text).toContain('bbb_pass_seconds_count 1\n');
    expect(text).toContain('bbb_pass_seconds_bucket{le="0.25"} 1\n');
    expect(text).toContain('bbb_pass_seconds_bucket{le="0.1"} 0\n');
    expect(text).toContain('bbb_tracked{state="running"} 1\n');
  });

  it('keeps applications apart', async () => {
    const [one, other] = [new Metrics(), new Metrics()];
    one.count('only_here');
    one.collectProcess();
    expect(await one.text()).toContain('process_cpu_seconds_total');
    expect(await other.text()).not.toMatch(/only_here|process_/);
  });
});
