import { Logger } from '@nestjs/common';
import { BuilderPolicy, Refused, Unavailable } from '@bbb/rules';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BUILDER, DEFINITION, TASK, World } from './testing/world.js';

beforeAll(() => Logger.overrideLogger(false));

let world: World;
beforeEach(() => {
  world = new World();
});

const payload = DEFINITION.payload as object;
const away = (name: string) => (call: { name: string }, moment: string) =>
  call.name === name && moment === 'before' ? new Unavailable('test', 'away') : undefined;

it('begins its counters at 0, so that the first increase is seen as one', () => {
  expect([...world.telemetry.counts]).toEqual([
    ['build_requests_created_total', 0],
    ['payload_rejected_total', 0],
    ['artifact_failures_total', 0],
  ]);
});

describe('a pending task', () => {
  it('gets a build request, and stays pending', async () => {
    expect(await world.reconcile()).toBe('create-request');
    expect(world.request.order).toMatchObject({
      taskId: TASK,
      createdForRunId: 0,
      scheduledAt: 1_500_000_000,
      buildername: BUILDER,
      branch: 'mozilla-central',
      priority: 0,
    });
    expect(world.row).toMatchObject({
      runId: 0,
      buildRequestId: world.request.buildRequestId,
      takenUntil: null,
      createdDate: 1_499_999_000,
      processedDate: 1_500_000_000,
    });
    expect(world.task.story).toEqual(['pending']);
    expect(world.telemetry.counts.get('build_requests_created_total')).toBe(1);
  });

  it('gets no second request from a duplicate message', async () => {
    await world.reconcile();
    expect(await world.reconcile()).toBe('wait');
    expect(world.buildbot.requests.size).toBe(1);
  });

  it('gets no second request from messages that come at once', async () => {
    await Promise.all([world.reconcile(), world.reconcile(), world.reconcile()]);
    expect(world.buildbot.requests.size).toBe(1);
  });

  it.each([
    ['a bad payload', { ...DEFINITION, payload: { ...payload, properties: {} } }],
    ['a restricted builder', { ...DEFINITION, payload: { ...payload, buildername: 'release-x' } }],
    ['an unknown builder', { ...DEFINITION, payload: { ...payload, buildername: 'no such builder' } }],
  ])('with %s ends as malformed-payload, and leaves nothing behind', async (_what, definition) => {
    world = new World({ definition });
    world.buildbot.builders = { 'no such builder': 'unknown' };
    expect(await world.reconcile()).toBe('ignore');
    expect(world.task.story).toEqual(['malformed-payload']);
    expect(world.row).toBeUndefined();
    expect(world.buildbot.requests.size).toBe(0);
    expect(world.telemetry.counts.get('payload_rejected_total')).toBe(1);
  });

  it('of an ignored builder is not touched at all', async () => {
    world = new World({ definition: { ...DEFINITION, payload: { buildername: 'ignored', bad: true } } });
    await world.reconcile();
    expect(world.task.story).toEqual(['pending']);
    expect(world.effects.effects).toEqual([]);
  });

  it('of a builder that is ignored from now on is no longer tracked', async () => {
    world.effects.faults = ({ name }) => (name === 'buildbot.create' ? new TypeError('crash') : undefined);
    await expect(world.reconcile()).rejects.toThrow('crash');
    expect(world.row).toBeDefined();
    world.settings.policy = new BuilderPolicy({ restricted: [], ignored: [BUILDER] });
    await world.reconcile();
    expect(world.row).toBeUndefined();
    expect(world.task.story).toEqual(['pending']);
  });

  it('of another task queue is not touched at all', async () => {
    world = new World({ definition: { ...DEFINITION, taskQueueId: 'somebody/else' } });
    await world.reconcile();
    expect(world.effects.effects).toEqual([]);
  });

  it('waits while the builder list is away', async () => {
    world.effects.faults = away('buildbot.knows');
    await expect(world.reconcile()).rejects.toThrow(Unavailable);
    expect(world.effects.effects).toEqual([]);
  });

  it('that the queue does not know is no task of ours', async () => {
    world.queue.tasks.clear();
    expect(await world.reconcile()).toBe('ignore');
    expect(world.effects.effects).toEqual([]);
  });

  it('past its deadline gets nothing', async () => {
    world.clock.advance(86_400);
    expect(await world.reconcile()).toBe('ignore');
    expect(world.effects.effects).toEqual([]);
  });

  it('held by another worker is left to it', async () => {
    await world.building();
    world.queue.claimAs({ workerGroup: 'x', workerId: 'y' }, { taskId: TASK, runId: 0 });
    expect(await world.reconcile()).toBe('wait');
    expect(world.task.story).toEqual(['running']);
  });
});

describe('a started build', () => {
  it('claims its task', async () => {
    const number = await world.building();
    world.effects.clear();
    await world.reconcile({ event: world.started(number) });
    expect(world.effects.effects).toEqual(['queue.claim', 'store.change']);
    expect(world.task.story).toEqual(['running']);
    expect(world.row).toMatchObject({
      takenUntil: 1_500_001_200,
      buildId: world.request.builds[0]?.buildId,
    });
  });

  it('claims without asking for the status when the row is believed', async () => {
    const number = await world.building();
    world.effects.clear();
    await world.reconcile({ row: world.row, source: 'believed', event: world.started(number) });
    expect(world.effects.calls.map(({ name }) => name)).not.toContain('queue.status');
    expect(world.task.story).toEqual(['running']);
  });

  it('is stopped when its task was cancelled meanwhile, though the row is believed', async () => {
    const number = await world.building();
    world.task.cancel(world.clock.now());
    const event = world.started(number);
    expect(await world.reconcile({ row: world.row, source: 'believed', event })).toBe('cancel-request');
    expect(world.buildbot.wishes).toEqual([world.request.buildRequestId]);
    expect(world.telemetry.counts.get('conflicts_total claim')).toBe(1);
  });

  it('is believed in no row that is not there', async () => {
    expect(await world.reconcile({ source: 'believed' })).toBe('create-request');
  });

  it('whose message came before the database is told again later', async () => {
    await world.reconcile();
    await expect(world.reconcile({ event: world.started(100) })).rejects.toThrow(Unavailable);
    expect(world.task.story).toEqual(['pending']);
  });

  it('is claimed by the clock alone when its message is lost', async () => {
    await world.building();
    await world.reconcile();
    expect(world.task.story).toEqual(['running']);
  });

  it('keeps its claim as long as it runs', async () => {
    await world.running();
    await world.settle(100);
    expect(world.task.story).toEqual(['running']);
    expect(world.row?.takenUntil).toBeGreaterThan(world.clock.now() + 500);
    expect(world.effects.effects.filter((name) => name === 'queue.reclaim').length).toBeLessThan(15);
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
    const number = await world.running();
    const { buildRequestId } = world.request;
    world.buildbot.complete(buildRequestId, results);
    await world.reconcile({ event: world.finished(number, results) });
    expect(world.task.story).toEqual([story]);
    expect(world.row).toBeUndefined();
    expect([...(world.task.runs[0]?.artifacts.values() ?? [])]).toEqual([
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

  it('counts by the database’s result, not by the message’s', async () => {
    const number = await world.running();
    world.buildbot.complete(world.request.buildRequestId, 2);
    await world.reconcile({ event: world.finished(number, 0) });
    expect(world.task.story).toEqual(['failed']);
  });

  it.each([
    [null],
    ['ftp://x/y'],
    ['javascript:alert(1)'],
    ['https://user@x/y'],
    ['https://:secret@x/y'],
    ['no address'],
  ])('with the log address %j has no log, but a result', async (logUrl) => {
    const number = await world.running();
    world.buildbot.complete(world.request.buildRequestId, 0);
    await world.reconcile({ event: world.finished(number, 0, { logUrl }) });
    expect([...(world.task.runs[0]?.artifacts.keys() ?? [])]).toEqual(['public/properties.json']);
    expect(world.task.story).toEqual(['completed']);
  });

  it.each([
    ['queue.attach', new Unavailable('s3', 'away')],
    ['queue.attach', new TypeError('broken')],
    ['queue.attach', new Refused('taskcluster', 403, 'InsufficientScopes', 'no')],
  ])('is reported although %s fails: %s', async (name, error) => {
    const number = await world.running();
    world.buildbot.complete(world.request.buildRequestId, 0);
    world.effects.faults = (call) => (call.name === name ? error : undefined);
    await world.reconcile({ event: world.finished(number, 0) });
    expect(world.task.story).toEqual(['completed']);
    expect(world.telemetry.counts.get('artifact_failures_total')).toBeGreaterThan(0);
  });

  it('is claimed first when its start was never heard of', async () => {
    const number = await world.building();
    world.buildbot.complete(world.request.buildRequestId, 0);
    await world.reconcile({ row: world.row, source: 'believed', event: world.finished(number, 0) });
    expect(world.task.story).toEqual(['completed']);
    expect(world.task.runs[0]?.artifacts.size).toBe(2);
    expect(world.row).toBeUndefined();
  });

  it.each(['building', 'finishing'])('is told again later while the database says %s', async (at) => {
    const number = await world.running();
    if (at === 'finishing') world.buildbot.endBuild(world.request.buildRequestId);
    await expect(world.reconcile({ event: world.finished(number, 0) })).rejects.toThrow(Unavailable);
    expect(world.task.story).toEqual(['running']);
  });

  it('is told again later even when its claim had to be extended first', async () => {
    const number = await world.running();
    world.clock.advance(700);
    await expect(world.reconcile({ event: world.finished(number, 0) })).rejects.toThrow(Unavailable);
    expect(world.row?.takenUntil).toBe(1_500_001_900);
  });

  it('is told again later while Buildbot does not show the request', async () => {
    const number = await world.running();
    const { request } = world;
    world.buildbot.vanish(request.buildRequestId);
    await expect(world.reconcile({ event: world.finished(number, 0) })).rejects.toThrow(Unavailable);
    world.buildbot.requests.set(request.buildRequestId, request);
    world.buildbot.complete(request.buildRequestId, 0);
    await world.reconcile({ event: world.finished(number, 0) });
    expect(world.task.story).toEqual(['completed']);
  });

  it('whose message is lost is resolved by the clock alone, after the grace', async () => {
    await world.running();
    world.buildbot.complete(world.request.buildRequestId, 0);
    await world.settle(9);
    expect(world.task.story).toEqual(['running']);
    await world.settle(3);
    expect(world.task.story).toEqual(['completed']);
    expect(world.row).toBeUndefined();
  });

  it('is not resolved early by a message of another build', async () => {
    const number = await world.running();
    world.buildbot.complete(world.request.buildRequestId, 0);
    await world.reconcile({ event: world.finished(number - 1, 0) });
    expect(world.task.story).toEqual(['running']);
  });

  it('takes no artifacts from a message of another build', async () => {
    const number = await world.running();
    world.buildbot.complete(world.request.buildRequestId, 0);
    world.clock.advance(600);
    await world.reconcile({ event: world.finished(number - 1, 0) });
    expect(world.task.story).toEqual(['completed']);
    expect(world.task.runs[0]?.artifacts.size).toBe(0);
  });

  it('told of twice touches nothing the second time', async () => {
    const number = await world.running();
    world.buildbot.complete(world.request.buildRequestId, 0);
    const event = world.finished(number, 0);
    await world.reconcile({ event });
    world.effects.clear();
    expect(await world.reconcile({ event })).toBe('ignore');
    expect(world.effects.effects).toEqual([]);
  });
});
