import { beforeEach, describe, expect, it } from '@jest/globals';
import type { ModernMaster } from '../../../test/model/buildbot/modern-master.js';
import { ReconcilerHarness } from './testing/reconciler-harness.js';

let harness: ReconcilerHarness;
beforeEach(() => {
  harness = new ReconcilerHarness({ kind: 'modern' });
});

const lose = () => (harness.master as ModernMaster).lose(0);

describe('a build request that Buildbot dropped', () => {
  it('is created again for a pending run immediately and only once', async () => {
    await harness.reconcile();
    const dropped = harness.request;
    harness.farm.drop(dropped);
    await harness.reconcile();
    await harness.reconcile();
    expect(harness.request.buildRequestId).not.toBe(dropped.buildRequestId);
    expect(harness.farm.requests.size).toBe(2);
    expect(harness.row?.buildRequestId).toBe(harness.request.buildRequestId);
    expect(harness.story).toEqual(['pending']);
  });

  it('ends a running run for a retry, and the next run has a request of its own', async () => {
    await harness.running();
    const dropped = harness.request;
    harness.farm.drop(dropped);
    await harness.reconcile();
    await harness.reconcile();
    expect(harness.story).toEqual(['worker-shutdown', 'pending']);
    expect(harness.request.buildRequestId).not.toBe(dropped.buildRequestId);
    expect(harness.watch.violations).toEqual([]);
  });

  it('is forgotten when its task has ended', async () => {
    await harness.running();
    harness.farm.drop(harness.request);
    harness.cancelTask();
    await harness.reconcile();
    expect(harness.row).toBeUndefined();
    expect(harness.story).toEqual(['canceled']);
    expect(harness.farm.requests.size).toBe(1);
  });
});

describe('a build request that its master has lost', () => {
  it('is waited for during the grace, then its run ends for a retry', async () => {
    await harness.running();
    lose();
    harness.clock.advance(599);
    await harness.reconcile();
    expect(harness.story).toEqual(['running']);
    harness.clock.advance(1);
    await harness.reconcile();
    expect(harness.story[0]).toBe('worker-shutdown');
    expect(harness.farm.requests.size).toBe(1);
  });

  it('is never forgotten: its cancellation is repeated until it is done', async () => {
    await harness.running();
    const { request } = harness;
    lose();
    harness.cancelTask();
    harness.clock.advance(600);
    for (let pass = 0; pass < 5; pass++) {
      expect(await harness.reconcile()).toBe('cancel-request');
      harness.performCancellations();
      harness.clock.advance(86_400);
    }
    expect(harness.row).toBeDefined();
    // The master restarts, and builds the request again.
    harness.master.kill();
    harness.master.restart();
    harness.startBuild();
    await harness.settle();
    expect(request.complete).toBe(true);
    expect(harness.row).toBeUndefined();
  });
});

describe('the outcome of a build', () => {
  const PROPERTIES = [['product', 'firefox', 'bbb']] as const;

  it('is read from Buildbot when no message has it', async () => {
    await harness.running();
    harness.complete(0);
    const log = { url: 'http://logs.example.com/log.txt', contentType: 'text/plain' };
    Object.assign(harness.buildbot, { readOutcome: async () => ({ properties: PROPERTIES, log }) });
    harness.clock.advance(600);
    await harness.reconcile();
    expect(harness.story).toEqual(['completed']);
    expect(harness.artifacts(0).map(({ name }) => name)).toEqual([
      'public/properties.json',
      'public/logs/live_backing.log',
    ]);
  });

  it('does not delay the result when it cannot be read', async () => {
    await harness.running();
    harness.complete(0);
    harness.clock.advance(600);
    Object.assign(harness.buildbot, { readOutcome: () => Promise.reject(new Error('no answer')) });
    await harness.reconcile();
    expect(harness.story).toEqual(['completed']);
  });
});
