import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from './support/eventually.js';
import { listBuildbotRecordings, readRecordedByTaskcluster } from './support/recorded-messages.js';
import type { Results } from './support/recorded-master.js';
import { COMPILATION_LIMIT } from './support/project.js';
import { RecordedStage, WORKER } from './support/recorded-stage.js';
import { describeWhere, isReachable } from './support/servers.js';

const BUILDER = 'Linux x86-64 mozilla-central build';

const MESSAGE_KINDS = [
  'task-defined',
  'task-pending',
  'task-running',
  'task-completed',
  'task-failed',
  'task-exception',
];

/** Tasks of the recording by what became of them, with all their messages. */
const recordedTask = (reason: string, wasClaimed = true): string => {
  const found = readRecordedByTaskcluster().find(({ exchange, routingKey, content }) => {
    const { status, runId } = JSON.parse(content.toString());
    const run = status.runs[runId];
    return (
      exchange === 'task-exception' &&
      run.reasonResolved === reason &&
      routingKey.includes(WORKER.workerId) === wasClaimed
    );
  });
  return found!.taskId;
};

const recordedEnd = (exchange: string): string =>
  readRecordedByTaskcluster().find((message) => message.exchange === exchange)!.taskId;

describeWhere(isReachable('rabbitmq'))('recorded messages on RabbitMQ, configured as in 2015', () => {
  let stage: RecordedStage;
  beforeAll(async () => {
    stage = await RecordedStage.open();
  }, COMPILATION_LIMIT);
  afterAll(() => stage?.close());

  /** The queues are empty, and no handler is at work any more. */
  const allHandled = async () => {
    await eventually(async () => expect(await stage.waiting()).toBe(0));
    let calls = -1;
    await eventually(() => {
      const before = calls;
      calls = stage.taskcluster.calls.total;
      expect(before).toBe(calls);
    });
  };
  const selfServeCalls = () => stage.selfServe.calls.map(({ method, path }) => `${method} ${path}`);

  describe("Taskcluster's", () => {
    it('task-pending becomes a build request that a 0.8 master can pick up', async () => {
      const taskId = recordedEnd('task-failed');
      await stage.createTask(taskId);
      await stage.tellOfTask(taskId, 'task-pending');
      const buildRequestId = await stage.findRequest(taskId);

      expect(await stage.master.pickable(BUILDER)).toEqual([buildRequestId]);
      expect(await stage.master.load(buildRequestId)).toMatchObject({
        reason: `Created by BBB for task ${taskId}`,
        branch: 'mozilla-central',
        revision: 'cd5fab20f6bd128847ef8131c9aeed63cde019fc',
        properties: expect.arrayContaining([
          ['product', 'firefox', 'bbb'],
          ['taskId', taskId, 'bbb'],
        ]),
      });
      expect(stage.listRuns(taskId)).toEqual(['pending']);
    });

    it.each(['task-defined', 'task-running', 'task-failed', 'task-completed'])(
      "%s is none of the bridge's",
      async (kind) => {
        const taskId = recordedEnd(kind === 'task-defined' ? 'task-failed' : kind);
        const calls = stage.taskcluster.calls.total;
        await stage.tellOfTask(taskId, kind);
        await allHandled();
        expect(stage.taskcluster.calls.total).toBe(calls);
      },
    );

    it('task-pending of a malformed payload ends as such, and its task-exception changes nothing', async () => {
      const taskId = recordedTask('malformed-payload');
      await stage.createTask(taskId, {
        payload: { buildername: BUILDER, sourcestamp: {}, properties: {} },
      });
      await stage.tellOfTask(taskId, 'task-pending');
      await eventually(() => expect(stage.listRuns(taskId)).toEqual(['exception malformed-payload']));
      await stage.tellOfTask(taskId, 'task-exception');
      await allHandled();
      expect(stage.listRuns(taskId)).toEqual(['exception malformed-payload']);
      expect(await stage.findRow(taskId)).toBeUndefined();
    });

    it('task-exception and task-pending of a run after worker-shutdown keep the request', async () => {
      const taskId = recordedTask('worker-shutdown');
      await stage.createTask(taskId);
      await stage.tellOfTask(taskId, 'task-pending', 0);
      const buildRequestId = await stage.findRequest(taskId);
      stage.taskcluster.state.claimTask(taskId, 0, WORKER);
      stage.taskcluster.state.reportException(taskId, 0, 'worker-shutdown');
      await stage.tellOfTask(taskId, 'task-exception');
      await stage.tellOfTask(taskId, 'task-pending', 1);
      await eventually(async () => expect(await stage.findRow(taskId)).toMatchObject({ runId: 1 }));
      await allHandled();
      expect(await stage.findRow(taskId)).toMatchObject({ runId: 1, buildrequestId: buildRequestId });
      expect((await stage.master.pickable(BUILDER)).at(-1)).toBe(buildRequestId);
    });

    it('task-exception of a cancelled pending task cancels its request at Self Serve', async () => {
      const taskId = recordedTask('canceled', false);
      await stage.createTask(taskId);
      await stage.tellOfTask(taskId, 'task-pending');
      const buildRequestId = await stage.findRequest(taskId);
      stage.taskcluster.cancel(taskId);
      await stage.tellOfTask(taskId, 'task-exception');
      await eventually(() =>
        expect(selfServeCalls()).toContain(
          `DELETE /buildapi/self-serve/mozilla-central/request/${buildRequestId}`,
        ),
      );
      await eventually(async () =>
        expect(await stage.master.pickable(BUILDER)).not.toContain(buildRequestId),
      );
    });

    it('task-exception of a cancelled running task stops its build at Self Serve', async () => {
      const taskId = recordedTask('canceled');
      await stage.createTask(taskId);
      await stage.tellOfTask(taskId, 'task-pending');
      const buildRequestId = await stage.findRequest(taskId);
      await stage.master.startBuild(77, [buildRequestId]);
      stage.taskcluster.state.claimTask(taskId, 0, WORKER);
      stage.taskcluster.cancel(taskId);
      await stage.tellOfTask(taskId, 'task-exception');
      await eventually(() => expect(stage.master.stopped).toEqual([77]));
      expect(selfServeCalls()).toContainEqual(
        expect.stringMatching(/^DELETE \/buildapi\/self-serve\/mozilla-central\/build\/\d+$/),
      );
      await stage.master.finishBuild(77, [buildRequestId], 6);
    });

    it('messages are of every kind that a queue publishes about tasks', () => {
      expect([...new Set(readRecordedByTaskcluster().map(({ exchange }) => exchange))].sort()).toEqual(
        [...MESSAGE_KINDS].sort(),
      );
    });
  });

  describe("Buildbot's", () => {
    /** The tasks that the recorded messages name. */
    const TASK = 'f3DnZ0QnQqWl0cH1Cq9vLw';
    const OTHER = 'aG7wTj2bQhS5x0d3Jm1RkA';
    const isLive = (taskId: string) => ['pending', 'running'].includes(stage.listRuns(taskId).at(-1)!);
    const lastRun = (taskId: string) => stage.listRuns(taskId).at(-1);
    const becomes = (taskId: string, state: string) => eventually(() => expect(lastRun(taskId)).toBe(state));

    beforeAll(async () => {
      for (const taskId of [TASK, OTHER]) {
        await stage.createTask(taskId);
        stage.taskcluster.cancel(taskId);
      }
    });

    // What one test leaves is ended before the next, as a user ends a task; Self Serve takes its time.
    beforeEach(async () => {
      for (const taskId of [TASK, OTHER]) {
        if (isLive(taskId)) stage.taskcluster.cancel(taskId);
        await eventually(async () => {
          if ((await stage.findRow(taskId)) === undefined) return;
          await stage.tellOfPending(taskId);
          await allHandled();
          expect(await stage.findRow(taskId)).toBeUndefined();
        });
      }
    });

    /** A user reruns the task, and its request gets the id that the recorded message names. */
    async function requested(buildRequestId: number, taskId = TASK): Promise<number[]> {
      await stage.master.continueIdsAt(buildRequestId);
      stage.taskcluster.rerun(taskId);
      await stage.tellOfPending(taskId);
      expect(await stage.findRequest(taskId)).toBe(buildRequestId);
      return [buildRequestId];
    }

    function artifacts(taskId = TASK) {
      const runId = stage.listRuns(taskId).length - 1;
      return stage.taskcluster
        .artifactsOf(taskId, runId)
        .map(({ name }) => name)
        .sort();
    }

    const BOTH = ['public/logs/live_backing.log.gz', 'public/properties.json'];

    it('started claims the task, finished is not heard, log_uploaded completes it', async () => {
      const ids = await requested(86818747);
      await stage.master.startBuild(105, ids);
      await stage.tellOfBuild('started');
      await becomes(TASK, 'running');
      expect(stage.taskcluster.state.status(TASK).runs.at(-1)).toMatchObject(WORKER);

      await stage.master.finishBuild(105, ids, 0);
      await stage.tellOfBuild('finished');
      await allHandled();
      expect(lastRun(TASK)).toBe('running');

      await stage.tellOfBuild('log_uploaded-success');
      await becomes(TASK, 'completed');
      expect(artifacts()).toEqual(BOTH);
    });

    it.each([
      [86818748, 'started-empty-request_ids'],
      [86818749, 'started-legacy-no-request_ids'],
    ])('%i: %s claims the task that its property names', async (buildRequestId, name) => {
      const ids = await requested(buildRequestId);
      await stage.master.startBuild(105, ids);
      await stage.tellOfBuild(name);
      await becomes(TASK, 'running');
      await stage.master.finishBuild(105, ids, 0);
    });

    it('a coalesced build claims and resolves both its tasks', async () => {
      const ids = [...(await requested(86818750, TASK)), ...(await requested(86818751, OTHER))];
      await stage.master.startBuild(106, ids);
      await stage.tellOfBuild('started-coalesced');
      await becomes(TASK, 'running');
      await becomes(OTHER, 'running');
      await stage.master.finishBuild(106, ids, 0);
      await stage.tellOfBuild('log_uploaded-coalesced');
      await becomes(TASK, 'completed');
      await becomes(OTHER, 'completed');
      expect([artifacts(TASK), artifacts(OTHER)]).toEqual([BOTH, BOTH]);
    });

    const endsItsTask = (
      name: string,
      buildRequestId: number,
      number: number,
      results: Results,
      end: string,
      attached: readonly string[],
    ) =>
      it(`${name} ends its task, although nobody told of the start`, async () => {
        const ids = await requested(buildRequestId);
        await stage.master.startBuild(number, ids);
        await stage.master.finishBuild(number, ids, results);
        await stage.tellOfBuild(name);
        await becomes(TASK, end);
        expect(artifacts()).toEqual(attached);
      });

    /** Its ids are not to be believed: the reflector resolves the task after the grace period instead. */
    const isQuarantined = (name: string, buildRequestId: number) =>
      it(`${name} is kept in quarantine and believed in nothing`, async () => {
        const before = (await stage.quarantined()).length;
        const ids = await requested(buildRequestId);
        await stage.master.startBuild(119, ids);
        await stage.master.finishBuild(119, ids, 0);
        await stage.tellOfBuild(name);
        const kept = await eventually(async () => {
          const all = await stage.quarantined();
          expect(all).toHaveLength(before + 1);
          return all.at(-1);
        });
        expect(kept).toMatchObject({
          subscription: 'log_uploaded',
          error: expect.stringContaining('request_ids'),
        });
        expect(lastRun(TASK)).toBe('pending');
      });

    // In the order of the request ids, because a database gives them out in that order.
    endsItsTask('log_uploaded-warnings', 86818761, 108, 1, 'failed', BOTH);
    endsItsTask('log_uploaded-failure', 86818762, 109, 2, 'failed', BOTH);
    endsItsTask('log_uploaded-exception', 86818763, 110, 4, 'exception malformed-payload', BOTH);

    it('a retry makes another run of the same request, which the next build claims and completes', async () => {
      const ids = await requested(86818764);
      await stage.master.startBuild(111, ids);
      await stage.tellOfBuildLike('started', 111, ids);
      await becomes(TASK, 'running');
      const run = stage.listRuns(TASK).length - 1;

      await stage.master.giveBack(111, ids);
      await stage.tellOfBuild('log_uploaded-retry');
      await eventually(() =>
        expect(stage.listRuns(TASK).slice(run)).toEqual(['exception worker-shutdown', 'pending']),
      );
      await stage.master.startBuild(112, ids);
      await stage.tellOfBuild('started-after-retry-same-brid');
      await becomes(TASK, 'running');
      await stage.master.finishBuild(112, ids, 0);
      await stage.tellOfBuild('log_uploaded-success-after-retry');
      await eventually(() =>
        expect(stage.listRuns(TASK).slice(run)).toEqual(['exception worker-shutdown', 'completed']),
      );
      expect(artifacts()).toEqual(BOTH);
    });

    endsItsTask('log_uploaded-cancelled', 86818765, 113, 6, 'exception canceled', []);
    endsItsTask('log_uploaded-stopped-stock-0.8.2', 86818766, 114, 2, 'failed', BOTH);
    endsItsTask(
      'log_uploaded-stopped-stock-0.8.4plus',
      86818767,
      115,
      4,
      'exception malformed-payload',
      BOTH,
    );
    endsItsTask('log_uploaded-no-log_url', 86818768, 116, 0, 'completed', ['public/properties.json']);
    isQuarantined('invalid-log_uploaded-forged-source', 86818771);
    endsItsTask('invalid-log_uploaded-short-property', 86818772, 120, 0, 'completed', BOTH);
    endsItsTask('log_uploaded-skipped', 86818773, 121, 3, 'exception internal-error', BOTH);
    isQuarantined('invalid-log_uploaded-missing-request_ids', 86818774);

    it('builds of others are ignored', async () => {
      await allHandled();
      const calls = stage.taskcluster.calls.total;
      const kept = await stage.quarantined();
      await stage.tellOfBuild('started-not-ours');
      await stage.tellOfBuild('log_uploaded-not-ours');
      await allHandled();
      expect(stage.taskcluster.calls.total).toBe(calls);
      expect(await stage.quarantined()).toEqual(kept);
    });

    it('messages were all published', () => {
      expect([...stage.published].sort()).toEqual(listBuildbotRecordings());
    });
  });

  it('leaves nothing in the queues, and the services stop cleanly', async () => {
    await eventually(async () => expect(await stage.waiting()).toBe(0));
    expect(await stage.stop()).toEqual([0, 0, 0]);
    expect(await stage.waiting()).toBe(0);
  });
});
