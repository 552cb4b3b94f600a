import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import taskcluster, { type Queue } from 'taskcluster-client';
import { exampleTask, slugid, TaskclusterSimulator, type PulseMessage } from './index.js';
import { loadQueueSchemas, type SchemaCheck } from './testing/queue-schemas.js';

const WORKER = { workerGroup: 'bridge', workerId: 'one' };
const QUEUE_ID = 'buildbot-bridge/buildbot-bridge';

interface Sample {
  exchange: string;
  routingKey: string;
  properties: object;
  payload: object;
}

const readSchema = (exchange: string) => `${exchange.slice(exchange.lastIndexOf('/') + 1)}-message`;

/** The shape of a value: keys and types, with items of a list taken together. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shape);
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shape(item)]));
}

describe("against Taskcluster's schemas", () => {
  const clock = {
    time: Date.now() / 1000,
    now() {
      return this.time;
    },
  };
  const published: Sample[] = [];
  let check: SchemaCheck;
  let samples: Sample[];
  let simulator: TaskclusterSimulator;
  let queue: Queue;

  beforeAll(async () => {
    check = await loadQueueSchemas();
    samples = JSON.parse(await readFile('test/fixtures/taskcluster/pulse-samples.json', 'utf8')) as Sample[];
    const publish = (exchange: string, routingKey: string, message: PulseMessage) =>
      published.push({ exchange, routingKey, ...message });
    simulator = await new TaskclusterSimulator({ clock, publish }).start();
    const credentials = { clientId: 'tests', accessToken: 'none' };
    queue = new taskcluster.Queue({ rootUrl: simulator.url, credentials, retries: 0 });
  });
  afterAll(() => simulator.stop());

  const create = async (changes: object = {}) => {
    const taskId = slugid();
    const input = {
      ...exampleTask(clock.time),
      schedulerId: 'test-sched',
      routes: ['x.y'],
      retries: 1,
      ...changes,
    };
    expect(check('create-task-request', input)).toEqual([]);
    expect(check('task-status-response', await queue.createTask(taskId, input))).toEqual([]);
    return taskId;
  };

  it('every recorded message is valid, and an invented one is not', () => {
    for (const { exchange, payload } of samples) expect(check(readSchema(exchange), payload)).toEqual([]);
    expect(check('task-pending-message', { ...samples[1]!.payload, extra: 1 })).not.toEqual([]);
  });

  it('the simulator tells the recorded stories in the recorded words', async () => {
    published.length = 0;
    const worker = { workerGroup: 'buildbot-bridge', workerId: 'br-1234' };
    const claimed = async () => {
      const taskId = await create();
      await queue.claimTask(taskId, 0, worker);
      return taskId;
    };
    await queue.reportFailed(await claimed(), 0);
    await queue.reportException(await claimed(), 0, { reason: 'worker-shutdown' });
    await queue.reportException(await claimed(), 0, { reason: 'malformed-payload' });
    await queue.cancelTask(await create());
    await queue.cancelTask(await claimed());
    await queue.reportCompleted(await claimed(), 0);

    const told = (messages: Sample[]) => {
      const ids = new Map<string, string>();
      return messages.map(({ exchange, routingKey, properties, payload }) => {
        const taskId = routingKey.split('.')[1]!;
        if (!ids.has(taskId)) ids.set(taskId, `task ${ids.size}`);
        return {
          exchange,
          routingKey: routingKey.replaceAll(taskId, ids.get(taskId)!),
          properties,
          shape: shape(payload),
        };
      });
    };
    expect(published).toHaveLength(24);
    expect(told(published)).toEqual(told(samples));
  });

  it('every reply of the simulator is valid', async () => {
    const taskId = await create();
    const pending = await create();
    const unscheduled = slugid();
    await queue.createTask(unscheduled, { ...exampleTask(clock.time), dependencies: [unscheduled] });
    const { expires } = simulator.state.task(taskId);
    const artifact = (storageType: string, rest: object) => ({ storageType, expires, ...rest });
    const replies: [string, unknown][] = [
      ['task', await queue.task(taskId)],
      ['task-status-response', await queue.status(unscheduled)],
      ['tasks-statuses-response', await queue.statuses({ taskIds: [taskId, pending, slugid()] })],
      ['list-pending-tasks-response', await queue.listPendingTasks(QUEUE_ID, { limit: 1 })],
      ['task-claim-response', await queue.claimTask(taskId, 0, WORKER)],
      ['list-claimed-tasks-response', await queue.listClaimedTasks(QUEUE_ID)],
      ['task-reclaim-response', await queue.reclaimTask(taskId, 0)],
      [
        'post-artifact-response',
        await queue.createArtifact(taskId, 0, 'public/a', artifact('s3', { contentType: 'text/plain' })),
      ],
      [
        'post-artifact-response',
        await queue.createArtifact(taskId, 0, 'public/b', artifact('object', { contentType: 'text/plain' })),
      ],
      [
        'post-artifact-response',
        await queue.createArtifact(
          taskId,
          0,
          'c',
          artifact('reference', { contentType: 'a/b', url: 'https://x.y/' }),
        ),
      ],
      [
        'post-artifact-response',
        await queue.createArtifact(
          taskId,
          0,
          'd',
          artifact('error', { reason: 'file-missing-on-worker', message: '' }),
        ),
      ],
      ['task-status-response', await queue.reportException(taskId, 0, { reason: 'intermittent-task' })],
      ['task-status-response', await queue.cancelTask(taskId)],
      ['task-status-response', await queue.rerunTask(taskId)],
    ];
    for (const [schema, reply] of replies) expect([schema, check(schema, reply)]).toEqual([schema, []]);
  });

  it('every message of the simulator is valid, also when time resolves', async () => {
    const expired = await create();
    await queue.claimTask(expired, 0, WORKER);
    await create();
    clock.time += 1200;
    simulator.tick();
    clock.time += 25 * 3600;
    simulator.tick();
    const kindsSeen = new Set(published.map(({ exchange }) => readSchema(exchange)));
    expect(kindsSeen.size).toBe(7);
    const wrong = published.flatMap(({ exchange, payload }) => check(readSchema(exchange), payload));
    expect(wrong).toEqual([]);
    expect(published.every(({ routingKey }) => routingKey.split('.').length === 10)).toBe(true);
  });
});
