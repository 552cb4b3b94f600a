import { describe, expect, it } from '@jest/globals';
import { row, run, status } from '../testing/observations.js';
import { belongsToRun } from './belongs-to-run.js';

describe('belongsToRun', () => {
  it.each([
    ['the row’s own run', { taskId: 'task', createdForRunId: 2 }, true],
    ['an earlier run, whose work the row’s run continues', { taskId: 'task', createdForRunId: 0 }, true],
    ['no run, as the original bridge made it', { taskId: 'task', createdForRunId: null }, true],
    ['a later run', { taskId: 'task', createdForRunId: 3 }, false],
    ['another task', { taskId: 'other', createdForRunId: 2 }, false],
    ['another task of the original bridge', { taskId: 'other', createdForRunId: null }, false],
    ['nobody’s task', null, false],
  ])('a request made for %s', (_what, key, expected) => {
    expect(belongsToRun(row({ runId: 2 }), { key })).toBe(expected);
  });

  describe('with the status of the task', () => {
    const rerun = (runId: number, sketch: string) => ({ ...run(runId, sketch), reasonCreated: 'rerun' });
    const runs = [
      run(0, 'completed'),
      rerun(1, 'claim-expired'),
      run(2, 'worker-shutdown'),
      rerun(3, 'worker-shutdown'),
      run(4, 'running'),
    ];

    it.each([
      [0, 'a run whose work had ended', false],
      [1, 'the run whose work was continued', true],
      [2, 'a run that continued another’s request', false],
      [3, 'a rerun, which may have needed a request of its own', true],
      [4, 'the row’s own run, which continues another’s request', false],
      [5, 'a run that does not exist', false],
      [null, 'no run', true],
    ])('a request made for run %p, %s', (createdForRunId, _what, expected) => {
      const key = { taskId: 'task', createdForRunId };
      expect(belongsToRun(row({ runId: 4 }), { key }, { ...status(), runs })).toBe(expected);
    });

    it('that shows a RETRY of the original bridge: the request that it continued', () => {
      const retried = { ...status(), runs: [run(0, 'malformed-payload'), rerun(1, 'running')] };
      for (const createdForRunId of [0, 1])
        expect(belongsToRun(row({ runId: 1 }), { key: { taskId: 'task', createdForRunId } }, retried)).toBe(
          true,
        );
    });

    it('that lacks the row’s run: as without it', () => {
      const key = { taskId: 'task', createdForRunId: 1 };
      expect(belongsToRun(row({ runId: 2 }), { key }, status('completed'))).toBe(true);
    });
  });
});
