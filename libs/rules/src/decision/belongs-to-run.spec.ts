import { describe, expect, it } from '@jest/globals';
import { row } from '../testing/observations.js';
import { belongsToRun } from './belongs-to-run.js';

describe('isRequestOf', () => {
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
});
