import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { readTaskMessage } from './task-message.js';

interface Recorded {
  exchange: string;
  payload: { status: { taskId: string }; runId?: number };
}

const RECORDED = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/taskcluster/pulse-samples.json', import.meta.url), 'utf8'),
) as Recorded[];

describe('readTaskMessage', () => {
  it('reads every recorded message of a real queue', () => {
    for (const { payload } of RECORDED) {
      expect(readTaskMessage(payload)).toMatchObject({ taskId: payload.status.taskId, runId: payload.runId });
    }
    expect(RECORDED.length).toBeGreaterThan(20);
  });

  it('has the reason of the run that the message is about, not of the last run', () => {
    const retried = RECORDED.find(({ exchange, payload }) => {
      return exchange.endsWith('task-exception') && JSON.stringify(payload).includes('worker-shutdown');
    });
    expect(readTaskMessage(retried?.payload)).toMatchObject({ runId: 0, reasonResolved: 'worker-shutdown' });
  });

  it('reads a message about a task without runs', () => {
    const status = { taskId: 'FEuxJQ4rR6mRT5-na0qhaw', state: 'exception', runs: [] };
    expect(readTaskMessage({ status, version: 1 })).toEqual({
      taskId: 'FEuxJQ4rR6mRT5-na0qhaw',
      runId: undefined,
      reasonResolved: undefined,
    });
  });

  it.each([
    null,
    'text',
    [],
    {},
    { status: {} },
    { status: { taskId: 'no slugid', runs: [] } },
    { status: { taskId: 'FEuxJQ4rR6mRT5-na0qhaw', runs: [{ runId: -1, state: 'pending' }] } },
  ])('rejects %j', (payload) => {
    expect(() => readTaskMessage(payload)).toThrow(expect.objectContaining({ name: 'Invalid' }));
  });
});
