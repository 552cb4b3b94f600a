import type { RunRef } from '@bbb/rules';
import { TaskclusterQueue, type TaskclusterOptions } from '@bbb/taskcluster';
import taskcluster from 'taskcluster-client';
import { describeTaskQueueContract, type TaskQueueHarness } from './contracts/task-queue.contract.js';
import { exampleTask, slugid, TaskclusterSimulator } from '../sandbox/taskcluster/index.js';

type Variant = Pick<TaskclusterOptions, 'runCredentials' | 'artifactStorage'>;

const COMMON = { workerGroup: 'bridge', timeout: 10, retries: 1, maxConnections: 10 };

const VARIANTS: Variant[] = (['temporary', 'permanent'] as const).flatMap((runCredentials) =>
  (['s3', 'object'] as const).map((artifactStorage) => ({ runCredentials, artifactStorage })),
);

const DEADLINE = 4 * 3600;

/** A simulated deployment, whose time stands still unless the test moves it. */
async function simulated(variant: Variant): Promise<TaskQueueHarness> {
  const clock = {
    time: Date.now() / 1000,
    now() {
      return this.time;
    },
  };
  const simulator = await new TaskclusterSimulator({ clock }).start();
  const connect = (workerId: string) =>
    new TaskclusterQueue({
      ...COMMON,
      ...variant,
      rootUrl: simulator.url,
      clientId: 'bridge',
      accessToken: 'no-secret',
      provisionerId: 'buildbot-bridge',
      workerType: 'buildbot-bridge',
      workerId,
    });
  const queues = { queue: connect('one'), rival: connect('two'), twin: connect('one') };
  return {
    ...queues,
    taskQueueId: 'buildbot-bridge/buildbot-bridge',
    createTask: async (changes) => {
      const deadline = new Date((clock.time + DEADLINE) * 1000).toISOString();
      return simulator.createTask({ deadline, ...changes });
    },
    download: (run, name) => download(simulator.url, run, name),
    advance: async (seconds) => {
      clock.time += seconds;
      simulator.tick();
    },
    close: async () => {
      for (const queue of Object.values(queues)) queue.close();
      await simulator.stop();
    },
  };
}

/** The deployment that the environment names. Its tasks have no builder, and nobody else may serve the queue. */
async function real(variant: Variant, rootUrl: string): Promise<TaskQueueHarness> {
  const { TASKCLUSTER_CLIENT_ID: clientId = '', TASKCLUSTER_ACCESS_TOKEN: accessToken = '' } = process.env;
  const taskQueueId = process.env.BBB_TEST_TASK_QUEUE_ID ?? '';
  const [provisionerId = '', workerType = ''] = taskQueueId.split('/');
  const connect = (workerId: string) =>
    new TaskclusterQueue({
      ...COMMON,
      ...variant,
      rootUrl,
      clientId,
      accessToken,
      provisionerId,
      workerType,
      workerId,
    });
  const queues = { queue: connect('one'), rival: connect('two'), twin: connect('one') };
  const user = new taskcluster.Queue({ rootUrl, credentials: { clientId, accessToken } });
  return {
    ...queues,
    taskQueueId,
    createTask: async (changes) => {
      const now = Date.now() / 1000;
      const deadline = new Date((now + DEADLINE) * 1000).toISOString();
      const taskId = slugid();
      await user.createTask(taskId, {
        ...exampleTask(now),
        provisionerId,
        workerType,
        deadline,
        ...changes,
      });
      return taskId;
    },
    download: (run, name) => download(rootUrl, run, name),
    close: async () => {
      for (const queue of Object.values(queues)) queue.close();
    },
  };
}

async function download(rootUrl: string, { taskId, runId }: RunRef, name: string) {
  const url = `${rootUrl}/api/queue/v1/task/${taskId}/runs/${runId}/artifacts/${name}`;
  const answer = await fetch(url, { redirect: 'manual' });
  const location = answer.headers.get('location');
  const text = await answer.text();
  const isStored = ['s3', 'object'].includes(answer.headers.get('x-taskcluster-artifact-storage-type') ?? '');
  if (!location || !isStored) return { status: answer.status, body: text, location };
  const stored = await fetch(location);
  return { status: stored.status, body: await stored.text(), location };
}

const rootUrl = process.env.TASKCLUSTER_ROOT_URL;

/** What the deployment that the environment names has: not every one stores artifacts in both ways. */
const storages = (process.env.BBB_TEST_ARTIFACT_STORAGES ?? 's3,object').split(',');

for (const variant of VARIANTS) {
  const name = `${variant.runCredentials} credentials, ${variant.artifactStorage} artifacts`;
  describeTaskQueueContract(`simulator, ${name}`, () => simulated(variant), { timeTravel: true });
  if (rootUrl && storages.includes(variant.artifactStorage)) {
    describeTaskQueueContract(`${rootUrl}, ${name}`, () => real(variant, rootUrl), { timeTravel: false });
  }
}
