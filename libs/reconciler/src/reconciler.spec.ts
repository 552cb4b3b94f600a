import { BuilderPolicy, Refused, Unavailable } from '@bbb/rules';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { BUILDER } from '../../../test/model/bridge/settings.js';
import { PAYLOAD, TASK, ReconcilerHarness } from './testing/reconciler-harness.js';

let harness: ReconcilerHarness;
beforeEach(() => {
  harness = new ReconcilerHarness();
});

it('creates its counters with 0, so that the first increase is visible', () => {
  expect([...harness.telemetry.counts]).toEqual([
    ['build_requests_created_total', 0],
    ['payload_rejected_total', 0],
    ['artifact_failures_total', 0],
  ]);
});

describe('a pending task', () => {
  it('gets a build request, and stays pending', async () => {
    expect(await harness.reconcile()).toBe('create-request');
    expect(harness.request.spec).toMatchObject({
      taskId: TASK,
      createdForRunId: 0,
      scheduledAt: 1_500_000_000,
      buildername: BUILDER,
      branch: 'mozilla-central',
      priority: 0,
    });
    expect(harness.row).toMatchObject({
      runId: 0,
      buildRequestId: harness.request.buildRequestId,
      takenUntil: null,
      createdDate: 1_499_999_400,
      processedDate: 1_500_000_000,
    });
    expect(harness.story).toEqual(['pending']);
    expect(harness.telemetry.counts.get('build_requests_created_total')).toBe(1);
  });

  it('gets no second request from a duplicate message', async () => {
    await harness.reconcile();
    expect(await harness.reconcile()).toBe('wait');
    expect(harness.farm.requests.size).toBe(1);
  });

  it('gets no second request from simultaneous messages', async () => {
    await Promise.all([harness.reconcile(), harness.reconcile(), harness.reconcile()]);
    expect(harness.farm.requests.size).toBe(1);
  });

  it.each([
    ['a bad payload', { ...PAYLOAD, properties: {} }],
    ['a restricted builder', { ...PAYLOAD, buildername: 'release-x' }],
    ['an unknown builder', { ...PAYLOAD, buildername: 'typo' }],
  ])('with %s ends as malformed-payload, and leaves nothing behind', async (_what, payload) => {
    harness = new ReconcilerHarness({ payload });
    expect(await harness.reconcile()).toBe('ignore');
    expect(harness.story).toEqual(['malformed-payload']);
    expect(harness.row).toBeUndefined();
    expect(harness.farm.requests.size).toBe(0);
    expect(harness.telemetry.counts.get('payload_rejected_total')).toBe(1);
  });

  it('of an ignored builder is not touched at all', async () => {
    harness = new ReconcilerHarness({ payload: { buildername: 'ignored-x', bad: true } });
    await harness.reconcile();
    expect(harness.story).toEqual(['pending']);
    expect(harness.effects).toEqual([]);
  });

  it('of a builder that is ignored from now on is no longer tracked', async () => {
    harness.failAlways('insert', new TypeError('crash'));
    await expect(harness.reconcile()).rejects.toThrow('crash');
    expect(harness.row).toBeDefined();
    harness.settings.policy = new BuilderPolicy({ restricted: [], ignored: [BUILDER] });
    await harness.reconcile();
    expect(harness.row).toBeUndefined();
    expect(harness.story).toEqual(['pending']);
  });

  it('of another task queue is not touched at all', async () => {
    harness = new ReconcilerHarness({ workerType: 'another' });
    await harness.reconcile();
    expect(harness.effects).toEqual([]);
  });

  it('waits while the builder list is unavailable', async () => {
    Object.assign(harness.buildbot, {
      knows: () => Promise.reject(new Unavailable('builder-list', 'never loaded')),
    });
    await expect(harness.reconcile()).rejects.toThrow(Unavailable);
    expect(harness.effects).toEqual([]);
  });

  it('that the queue does not know is ignored', async () => {
    expect(await harness.reconciler.reconcile('Q4xCyr2cTwGxJ3G4yqK7Xw')).toBe('ignore');
    expect(harness.effects).toEqual([]);
  });

  it('past its deadline gets nothing', async () => {
    harness.clock.advance(86_400);
    expect(await harness.reconcile()).toBe('ignore');
    expect(harness.effects).toEqual([]);
  });

  it('held by another worker is left to it', async () => {
    await harness.building();
    harness.taskcluster.claimTask(TASK, 0, { workerGroup: 'x', workerId: 'y' });
    expect(await harness.reconcile()).toBe('wait');
    expect(harness.story).toEqual(['running']);
  });
});

describe('a started build', () => {
  it('claims its task', async () => {
    const number = await harness.building();
    harness.forgetCalls();
    await harness.reconcile({ event: harness.started(number) });
    expect(harness.effects).toEqual(['claim', 'change']);
    expect(harness.story).toEqual(['running']);
    expect(harness.row).toMatchObject({
      takenUntil: 1_500_001_200,
      buildId: harness.request.builds[0]?.buildId,
    });
  });

  it('is stopped when its task was cancelled meanwhile', async () => {
    const number = await harness.building();
    harness.cancelTask();
    const event = harness.started(number);
    expect(await harness.reconcile({ row: harness.row, event })).toBe('cancel-request');
    expect(harness.agent.jobs).toMatchObject([{ id: harness.request.builds[0]!.buildId }]);
  });

  it('has its message retried when it arrives before the database shows the build', async () => {
    await harness.reconcile();
    await expect(harness.reconcile({ event: harness.started(100) })).rejects.toThrow(Unavailable);
    expect(harness.story).toEqual(['pending']);
  });

  it('is claimed by the reflector when its message is lost', async () => {
    await harness.building();
    await harness.reconcile();
    expect(harness.story).toEqual(['running']);
  });

  it('keeps its claim as long as it runs', async () => {
    await harness.running();
    await harness.settle(100);
    expect(harness.story).toEqual(['running']);
    expect(harness.row?.takenUntil).toBeGreaterThan(harness.clock.now() + 500);
    expect(harness.effects.filter((name) => name === 'reclaim').length).toBeLessThan(15);
  });
});

describe('a finished build', () => {
  const RESULTS = [
    [0, 'completed'],
    [1, 'failed'],
    [2, 'failed'],
    [3, 'internal-error'],
    [4, 'malformed-payload'],
  ] as const;

  it.each(RESULTS)('with results %i ends the task as %s, artifacts and all', async (results, story) => {
    const number = await harness.running();
    harness.complete(results);
    await harness.reconcile({ event: harness.finished(number, results) });
    expect(harness.story).toEqual([story]);
    expect(harness.row).toBeUndefined();
    expect(harness.artifacts(0)).toEqual([
      {
        kind: 'file',
        name: 'public/properties.json',
        contentType: 'application/json',
        content: '{"product":["firefox","bbb"]}',
      },
      {
        kind: 'reference',
        name: 'public/logs/live_backing.log.gz',
        contentType: 'application/gzip',
        url: 'http://logs.example.com/build.txt.gz',
      },
    ]);
  });

  it('uses the result of the database, not of the message', async () => {
    const number = await harness.running();
    harness.complete(2);
    await harness.reconcile({ event: harness.finished(number, 0) });
    expect(harness.story).toEqual(['failed']);
  });

  it.each([
    [null],
    ['ftp://x/y'],
    ['javascript:alert(1)'],
    ['https://user@x/y'],
    ['https://:secret@x/y'],
    ['no address'],
  ])('with the log URL %j has a result but no log', async (logUrl) => {
    const number = await harness.running();
    harness.complete(0);
    await harness.reconcile({ event: harness.finished(number, 0, { logUrl }) });
    expect(harness.artifacts(0).map(({ name }) => name)).toEqual(['public/properties.json']);
    expect(harness.story).toEqual(['completed']);
  });

  it.each([
    ['attach', new Unavailable('s3', 'away')],
    ['attach', new TypeError('broken')],
    ['attach', new Refused('taskcluster', 403, 'InsufficientScopes', 'no')],
  ])('is reported although %s fails: %s', async (name, error) => {
    const number = await harness.running();
    harness.complete(0);
    await harness.reconcile();
    harness.failAlways(name, error);
    harness.clock.advance(harness.settings.artifactWait);
    await harness.reconcile({ event: harness.finished(number, 0) });
    expect(harness.story).toEqual(['completed']);
    expect(harness.telemetry.counts.get('artifact_failures_total')).toBeGreaterThan(0);
  });

  it('is claimed first when its start message was lost', async () => {
    const number = await harness.building();
    harness.complete(0);
    await harness.reconcile({ row: harness.row, event: harness.finished(number, 0) });
    expect(harness.story).toEqual(['completed']);
    expect(harness.artifacts(0)).toHaveLength(2);
    expect(harness.row).toBeUndefined();
  });

  it.each(['building', 'finishing'])('has its message retried while the database says %s', async (at) => {
    const number = await harness.running();
    if (at === 'finishing') harness.endBuild();
    await expect(harness.reconcile({ event: harness.finished(number, 0) })).rejects.toThrow(Unavailable);
    expect(harness.story).toEqual(['running']);
  });

  it('has its message retried even when its claim had to be extended first', async () => {
    const number = await harness.running();
    harness.clock.advance(700);
    await expect(harness.reconcile({ event: harness.finished(number, 0) })).rejects.toThrow(Unavailable);
    expect(harness.row?.takenUntil).toBe(1_500_001_900);
  });

  it('has its message retried while Buildbot does not show the request', async () => {
    const number = await harness.running();
    const { request } = harness;
    harness.removeRequest();
    await expect(harness.reconcile({ event: harness.finished(number, 0) })).rejects.toThrow(Unavailable);
    harness.farm.requests.set(request.buildRequestId, request);
    harness.complete(0);
    await harness.reconcile({ event: harness.finished(number, 0) });
    expect(harness.story).toEqual(['completed']);
  });

  it('whose message is lost is resolved by the reflector after the grace period', async () => {
    await harness.running();
    harness.complete(0);
    await harness.settle(9);
    expect(harness.story).toEqual(['running']);
    await harness.settle(3);
    expect(harness.story).toEqual(['completed']);
    expect(harness.row).toBeUndefined();
  });

  it('is not resolved early by a message of another build', async () => {
    const number = await harness.running();
    harness.complete(0);
    await harness.reconcile({ event: harness.finished(number - 1, 0) });
    expect(harness.story).toEqual(['running']);
  });

  it('takes no artifacts from a message of another build', async () => {
    const number = await harness.running();
    harness.complete(0);
    await harness.reconcile();
    harness.clock.advance(harness.settings.finishedGrace);
    await harness.reconcile({ event: harness.finished(number - 1, 0) });
    expect(harness.story).toEqual(['completed']);
    expect(harness.artifacts(0)).toHaveLength(0);
  });

  it('reported twice changes nothing the second time', async () => {
    const number = await harness.running();
    harness.complete(0);
    const event = harness.finished(number, 0);
    await harness.reconcile({ event });
    harness.forgetCalls();
    expect(await harness.reconcile({ event })).toBe('ignore');
    expect(harness.effects).toEqual([]);
  });
});
