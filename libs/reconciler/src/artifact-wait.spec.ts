import { beforeEach, describe, expect, it } from '@jest/globals';
import { Refused, Unavailable } from '@bbb/rules';
import { RETRY } from '../../../test/model/buildbot/farm.js';
import { ReconcilerHarness } from './testing/reconciler-harness.js';

const BOTH = ['public/properties.json', 'public/logs/live_backing.log.gz'];

describe('a finished run whose artifacts cannot be stored', () => {
  let harness: ReconcilerHarness;
  let number: number;
  const tell = () => harness.reconcile({ event: harness.finished(number, 0) });
  const stored = (kind: string) =>
    harness
      .artifacts(0)
      .filter((artifact) => artifact.kind === kind)
      .map(({ name }) => name);

  beforeEach(async () => {
    harness = new ReconcilerHarness();
    number = await harness.running();
    harness.complete(0);
  });

  const away = new Unavailable('artifact-storage', '503 to an upload');

  it.each([
    ['storage is unavailable', away],
    ['the credentials lack a scope', new Refused('taskcluster', 403, 'InsufficientScopes', 'no')],
  ])('waits while %s, and its message is retried soon', async (_, error) => {
    harness.failAlways('attach', error);
    await expect(tell()).rejects.toMatchObject({ name: 'Unavailable', retryWithin: 50 });
    expect(harness.story).toEqual(['running']);
    expect(harness.telemetry.counts.get('artifact_failures_total')).toBe(2);
  });

  it('gets them when the storage is available again', async () => {
    harness.failAlways('attach', away);
    await expect(tell()).rejects.toThrow(Unavailable);
    harness.gate.failWith = undefined;
    harness.advance(300);
    await tell();
    expect(harness.story).toEqual(['completed']);
    expect(harness.artifacts(0).map(({ name }) => name)).toEqual(BOTH);
  });

  it('keeps its claim meanwhile, and is reported with error artifacts when the wait is over', async () => {
    harness.advance(500);
    for (let passed = 0; passed < 480; passed += 60) {
      harness.failAlways('attach', away);
      await expect(tell()).rejects.toThrow(Unavailable);
      harness.advance(60);
    }
    harness.advance(60);
    expect(harness.effects.filter((name) => name === 'reclaim').length).toBeGreaterThan(0);
    expect(harness.row?.takenUntil).toBeGreaterThan(harness.clock.now() + 500);
    // Only files cannot be stored: what the queue itself keeps can be.
    harness.gate.failWith = undefined;
    const attach = harness.queue.attach.bind(harness.queue);
    harness.queue.attach = async (run, artifact) => {
      if (artifact.kind === 'file') throw away;
      await attach(run, artifact);
    };
    await tell();
    expect(harness.story).toEqual(['completed']);
    expect(stored('error')).toEqual(['public/properties.json']);
    expect(stored('reference')).toEqual(['public/logs/live_backing.log.gz']);
  });

  it.each([
    ['a conflict', new Refused('taskcluster', 409, 'RequestConflict', 'exists')],
    ['a malformed artifact', new Refused('taskcluster', 400, 'InputError', 'no')],
    ['a fault of the bridge', new TypeError('broken')],
  ])('does not wait after %s, which a retry cannot repair', async (_, error) => {
    harness.failAlways('attach', error);
    await tell();
    expect(harness.story).toEqual(['completed']);
  });

  it('does not wait past its deadline', async () => {
    harness = new ReconcilerHarness({ deadlineIn: 300 });
    number = await harness.running();
    harness.complete(0);
    harness.failAlways('attach', away);
    await expect(tell()).rejects.toThrow(Unavailable);
    harness.clock.advance(250);
    await tell();
    expect(harness.story).toEqual(['completed']);
  });

  it('is not resolved by the reflector while its message may be retried', async () => {
    harness.failAlways('attach', away);
    await expect(tell()).rejects.toThrow(Unavailable);
    harness.gate.failWith = undefined;
    for (let passed = 0; passed < 540; passed += 60) {
      expect(['wait', 'reclaim']).toContain(await harness.reconcile());
      harness.advance(60);
    }
    await tell();
    expect(harness.artifacts(0).map(({ name }) => name)).toEqual(BOTH);
  });
});

describe.each([-3600, -600, 600])('a build of a master whose clock is off by %i s', (skew) => {
  let harness: ReconcilerHarness;
  let number: number;
  beforeEach(async () => {
    harness = new ReconcilerHarness();
    number = await harness.running();
    harness.complete(0);
    harness.request.completeAt! += skew;
  });

  it('has its message waited for as long as any other', async () => {
    let passed = 0;
    for (; harness.story[0] === 'running' && passed < 3600; passed += 60, harness.advance(60))
      await harness.reconcile();
    expect(passed).toBe(harness.settings.finishedGrace + 60);
  });

  it('has its artifacts waited for as long as any other', async () => {
    harness.failAlways('attach', new Unavailable('artifact-storage', '503 to an upload'));
    const event = harness.finished(number, 0);
    let passed = 0;
    for (; harness.story[0] === 'running' && passed < 3600; passed += 50, harness.advance(50))
      await harness.reconcile({ event }).catch(() => undefined);
    expect(passed).toBe(harness.settings.artifactWait + 50);
  });
});

describe('a run that ends in RETRY', () => {
  it('gets its artifacts before the report', async () => {
    const harness = new ReconcilerHarness();
    const number = await harness.running();
    harness.requeue();
    harness.forgetCalls();
    await harness.reconcile({ event: harness.finished(number, RETRY) });
    expect(harness.effects).toEqual(['attach', 'attach', 'report-worker-shutdown', 'change']);
    expect(harness.artifacts(0).map(({ name }) => name)).toEqual(BOTH);
    expect(harness.story).toEqual(['worker-shutdown', 'pending']);
  });

  it('does not wait for them', async () => {
    const harness = new ReconcilerHarness();
    const number = await harness.running();
    harness.requeue();
    harness.failAlways('attach', new Unavailable('artifact-storage', '503 to an upload'));
    await harness.reconcile({ event: harness.finished(number, RETRY) });
    expect(harness.story).toEqual(['worker-shutdown', 'pending']);
  });
});
