import { describe, expect, it } from '@jest/globals';
import { readTaskMessage } from './task-message.js';

const TASK = 'FEuxJQ4rR6mRT5-na0qhaw';
const run = (runId: unknown) => ({ runId, state: 'pending' });
const message = (changes: object = {}, status: object = {}) => ({
  status: { taskId: TASK, runs: [run(0)], ...status },
  runId: 0,
  ...changes,
});
const INVALID = expect.objectContaining({
  name: 'Invalid',
  message: expect.stringMatching(/^not a task message: /),
});

describe('the limits of a task message', () => {
  it.each<[string, object]>([
    ['run 1000', message({ runId: 1000 })],
    ['1000 runs', message({}, { runs: Array.from({ length: 1000 }, (_, index) => run(index)) })],
    ['unknown keys', { ...message(), workerGroup: { x: 1 } }],
    ['no run', message({ runId: undefined })],
  ])('%s: accepted', (_what, given) => {
    expect(readTaskMessage(given).taskId).toBe(TASK);
  });

  it.each<[string, object]>([
    ['run 1001', message({ runId: 1001 })],
    ['a run below 0', message({ runId: -1 })],
    ['half a run', message({ runId: 0.5 })],
    ['a run as text', message({ runId: '0' })],
    ['1001 runs', message({}, { runs: Array.from({ length: 1001 }, () => run(0)) })],
    ['a run of the status beyond 1000', message({}, { runs: [run(1001)] })],
    ['a run of the status below 0', message({}, { runs: [run(-1)] })],
    ['a run without a state', message({}, { runs: [{ runId: 0 }] })],
    ['a reason that is no text', message({}, { runs: [{ ...run(0), reasonResolved: 1 }] })],
    ['no runs', message({}, { runs: undefined })],
    ['a task id with more behind it', message({}, { taskId: `${TASK}\n` })],
    ['a task id with more before it', message({}, { taskId: `x${TASK}` })],
    ['a task id of another version', message({}, { taskId: 'FEuxJQ4rA6mRT5-na0qhaw' })],
    ['a task id with an odd last letter', message({}, { taskId: 'FEuxJQ4rR6mRT5-na0qhaB' })],
    ['no status', { runId: 0 }],
  ])('%s: rejected', (_what, given) => {
    expect(() => readTaskMessage(given)).toThrow(INVALID);
  });

  it('takes the reason of the run that it names', () => {
    const runs = [
      { ...run(0), reasonResolved: 'worker-shutdown' },
      { ...run(1), reasonResolved: 'canceled' },
    ];
    expect(readTaskMessage(message({ runId: 1 }, { runs })).reasonResolved).toBe('canceled');
    expect(readTaskMessage(message({ runId: 2 }, { runs })).reasonResolved).toBeUndefined();
  });

  it('inherits nothing from a key named __proto__', () => {
    const text = `{"__proto__":{"runId":1},"status":{"taskId":"${TASK}","runs":[]}}`;
    expect(readTaskMessage(JSON.parse(text)).runId).toBeUndefined();
  });
});
