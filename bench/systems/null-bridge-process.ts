import type { Channel, ConsumeMessage } from 'amqplib';
import { setTimeout as sleep } from 'node:timers/promises';
import { batchCalls } from '@bbb/sql';
import { TaskclusterQueue } from '@bbb/taskcluster';
import { openBroker } from '../../sandbox/broker.js';
import { SchedulerConnection } from '../../sandbox/buildbot/index.js';
import { answerCommands } from './asked-process.js';
import { BUILDER } from './farm.js';
import type { BurstKind, NullBridgeCommand } from './null-bridge-commands.js';
import { insertRows } from './tracked-rows.js';

/**
 * A bridge that decides and remembers nothing: it takes each message and has its effect. How fast it is shows what the
 * broker, the database, the simulated Taskcluster and the publishers carry.
 */
const PREFETCH = 100;

/** The parts of the messages that name their task. */
interface MessageBody {
  status?: { taskId: string };
  payload?: { build: { properties: [string, unknown, string][] } };
}

type Effect = (body: MessageBody) => Promise<unknown>;

let handled = 0;

async function start({
  kind,
  amqpUrl,
  exchange,
  rootUrl,
  schedulerDb,
}: Extract<NullBridgeCommand, { ask: 'start' }>): Promise<void> {
  const effect = kind === 'pending' ? await createRequests(schedulerDb) : callTaskcluster(kind, rootUrl);
  const channel = await (await openBroker(amqpUrl).connect()).createChannel();
  await channel.prefetch(PREFETCH);
  const { queue } = await channel.assertQueue('', { exclusive: true });
  await channel.bindQueue(queue, exchange, '#');
  await channel.consume(queue, (message) => void (message && handle(channel, message, effect)));
}

async function handle(channel: Channel, message: ConsumeMessage, effect: Effect): Promise<void> {
  await effect(JSON.parse(message.content.toString()) as MessageBody);
  channel.ack(message);
  handled++;
}

async function createRequests(schedulerDb: string): Promise<Effect> {
  const connection = await SchedulerConnection.open(schedulerDb);
  let last = 0;
  const create = batchCalls(async (taskIds: readonly string[]) => {
    const rows = taskIds.map((taskId) => ({ taskId, id: ++last }));
    await insertRows(
      connection,
      'buildsets',
      rows.map(({ id, taskId }) => ({
        id,
        sourcestampid: id,
        external_idstring: taskId,
        reason: '',
        submitted_at: 0,
        complete: 0,
      })),
    );
    await insertRows(
      connection,
      'buildrequests',
      rows.map(({ id }) => ({
        ...{ id, buildsetid: id, buildername: BUILDER, priority: 0, submitted_at: 0, complete: 0 },
      })),
    );
    return taskIds;
  }, PREFETCH);
  return ({ status }) => create(status!.taskId);
}

function callTaskcluster(kind: Exclude<BurstKind, 'pending'>, rootUrl: string): Effect {
  const queue = new TaskclusterQueue({
    rootUrl,
    ...{ clientId: 'buildbot-bridge', accessToken: 'bench-access-token', runCredentials: 'permanent' },
    ...{ provisionerId: 'buildbot-bridge', workerType: 'buildbot-bridge' },
    ...{ workerGroup: 'buildbot-bridge', workerId: 'buildbot-bridge' },
    ...{ timeout: 30, retries: 0, maxConnections: PREFETCH, artifactStorage: 's3' },
  });
  const expires = new Date(Date.now() + 24 * 3600 * 1000).toISOString();
  return async ({ payload }) => {
    const { properties } = payload!.build;
    const taskId = properties.find(([name]) => name === 'taskId')![1] as string;
    const run = { taskId, runId: 0, wasHeld: true };
    if (kind === 'started') return queue.claim(run);
    const content = JSON.stringify(properties);
    await Promise.all([
      queue.attach(run, {
        ...{
          kind: 'file',
          name: 'public/properties.json',
          contentType: 'application/json',
          content,
          expires,
        },
      }),
      queue.attach(run, {
        ...{ kind: 'reference', name: 'public/logs/live_backing.log.gz', contentType: 'application/gzip' },
        ...{ url: 'https://logs.example.com/build.txt.gz', expires },
      }),
    ]);
    return queue.report(run, { report: 'completed' });
  };
}

answerCommands(async (command: NullBridgeCommand) => {
  if (command.ask === 'start') await start(command);
  else while (handled < command.count) await sleep(5);
  return null;
});
