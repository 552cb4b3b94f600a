import { describe, expect, it } from '@jest/globals';
import { Refused } from '@bbb/rules';
import { ReconcilerHarness } from './testing/reconciler-harness.js';

describe('a task whose run could be claimed and then not be acted on', () => {
  it.each([
    ['a payload that is accepted', {}],
    ['a payload that is rejected', { payload: { buildername: 1 } }],
  ])('is not touched until an operator has acted: %s', async (_what, options) => {
    const harness = new ReconcilerHarness(options);
    harness.queue.checkScopes = () =>
      Promise.reject(new Refused('taskcluster', 403, 'InsufficientScopes', 'give the bridge scopes'));
    await expect(harness.reconcile()).rejects.toMatchObject({ isConfiguration: true });
    expect(harness.effects).toEqual([]);
    expect(harness.story).toEqual(['pending']);

    harness.queue.checkScopes = () => Promise.resolve();
    await harness.reconcile();
    expect(harness.effects[0]).toBe('track');
  });
});
