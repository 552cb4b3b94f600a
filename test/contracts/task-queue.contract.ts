import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ExceptionReason, ListedRun, RunRef, TaskQueue, TaskStatus } from '@bbb/rules';
import type { WireTask } from '../../sandbox/taskcluster/index.js';

/** One task queue of a deployment, as a user and as two workers of it see it. */
export interface TaskQueueHarness {
  /** The worker under test. */
  queue: TaskQueue;
  /** Another worker of the same task queue. */
  rival: TaskQueue;
  /** Another process of the worker under test: same names, no memory. */
  twin: TaskQueue;
  taskQueueId: string;
  /** A user creates a task, with a deadline some hours ahead unless told otherwise. */
  createTask(changes?: Partial<WireTask>): Promise<string>;
  /** What the queue shows whoever asks for an artifact. */
  download(run: RunRef, name: string): Promise<{ status: number; body: string; location: string | null }>;
  /** Lets so many seconds pass. Only where the deployment's time is ours. */
  advance?(seconds: number): Promise<void>;
  close(): Promise<void>;
}

const NEVER_CREATED = 'AAAAAAAAQAGAAAAAAAAAAA';

/**
 * What every TaskQueue owes its callers, by the table of conflicts and repetitions of the queue's API.
 *
 * @param timeTravel whether harnesses have `advance`; without it the rules about expiry and deadlines are left out
 */
export function describeTaskQueueContract(
  name: string,
  makeHarness: () => Promise<TaskQueueHarness>,
  { timeTravel }: { timeTravel: boolean },
): void {
  describe(`the task queue contract: ${name}`, () => {
    let harness: TaskQueueHarness;
    let queue: TaskQueue;

    beforeEach(async () => {
      harness = await makeHarness();
      queue = harness.queue;
    });
    afterEach(() => harness.close());

    const created = async (changes?: Partial<WireTask>): Promise<RunRef> => ({
      taskId: await harness.createTask(changes),
      runId: 0,
    });
    const claimed = async (changes?: Partial<WireTask>): Promise<RunRef> => {
      const run = await created(changes);
      await queue.claim(run);
      return run;
    };
    const latest = (status: TaskStatus | undefined) => status?.runs[status.runs.length - 1];
    const refused = (status: number) => ({ name: 'Refused', system: 'taskcluster', status });

    describe('reading', () => {
      it('tells a new task as pending, with times in seconds', async () => {
        const { taskId } = await created();
        const status = await queue.readStatus(taskId);
        expect(status).toMatchObject({ taskId, taskQueueId: harness.taskQueueId, state: 'pending' });
        expect(status!.runs).toHaveLength(1);
        expect(status!.runs[0]).toMatchObject({ runId: 0, state: 'pending', reasonCreated: 'scheduled' });
        const ahead = status!.deadline - status!.runs[0]!.scheduled;
        expect(ahead).toBeGreaterThan(60);
        expect(ahead).toBeLessThan(5 * 24 * 3600 + 60);
      });

      it('tells nothing of a task that never existed', async () => {
        expect(await queue.readStatus(NEVER_CREATED)).toBeUndefined();
        expect(await queue.readDefinition(NEVER_CREATED)).toBeUndefined();
      });

      it('tells the definition as it was written', async () => {
        const { taskId } = await created({
          payload: { buildername: 'b', extra: [1, null] },
          priority: 'low',
        });
        const definition = await queue.readDefinition(taskId);
        expect(definition).toMatchObject({
          taskQueueId: harness.taskQueueId,
          priority: 'low',
          scopes: [],
          payload: { buildername: 'b', extra: [1, null] },
        });
        expect(Date.parse(definition!.expires) / 1000).toBeGreaterThan(definition!.created);
      });

      it('refuses an id that is none', async () => {
        await expect(queue.readStatus('not-a-task-id')).rejects.toMatchObject(refused(400));
      });

      it('tells many statuses at once, and leaves out what it does not know', async () => {
        const one = await created();
        const two = await claimed();
        const statuses = await queue.readStatuses([one.taskId, NEVER_CREATED, two.taskId, one.taskId]);
        expect([...statuses.keys()].sort()).toEqual([one.taskId, two.taskId].sort());
        expect(statuses.get(one.taskId)).toEqual(await queue.readStatus(one.taskId));
        expect(statuses.get(two.taskId)).toMatchObject({ state: 'running' });
        expect(await queue.readStatuses([])).toEqual(new Map());
      });

      it('lists pending and claimed runs of the queue, with their definitions', async () => {
        const pending = await created();
        const running = await claimed();
        const theirs = await created();
        await harness.rival.claim(theirs);
        const cancelled = await created();
        await queue.cancel(cancelled.taskId);

        const listedPending = await collected(queue.listPending());
        const listedClaimed = await collected(queue.listClaimed());
        const idsOf = (runs: ListedRun[]) =>
          runs
            .map(({ taskId }) => taskId)
            .filter((id) => [pending, running, theirs, cancelled].some(({ taskId }) => taskId === id))
            .sort();
        expect(idsOf(listedPending)).toEqual([pending.taskId]);
        expect(idsOf(listedClaimed)).toEqual([running.taskId, theirs.taskId].sort());
        const listed = listedPending.find(({ taskId }) => taskId === pending.taskId);
        expect(listed).toEqual({ ...pending, definition: await queue.readDefinition(pending.taskId) });
      });
    });

    describe('claim', () => {
      it('takes a pending run until a time ahead', async () => {
        const run = await created();
        const { takenUntil, status } = await queue.claim(run);
        expect(status.runs[0]).toMatchObject({ state: 'running', takenUntil });
        expect(takenUntil - status.runs[0]!.scheduled).toBeGreaterThan(600);
      });

      it('succeeds again for the same worker, with the same takenUntil', async () => {
        const run = await created();
        const first = await queue.claim(run);
        await harness.advance?.(10);
        expect((await queue.claim(run)).takenUntil).toBe(first.takenUntil);
        expect((await harness.twin.claim(run)).takenUntil).toBe(first.takenUntil);
      });

      it('is refused with 404 for an unknown task or run', async () => {
        await expect(queue.claim({ taskId: NEVER_CREATED, runId: 0 })).rejects.toMatchObject(refused(404));
        const { taskId } = await created();
        await expect(queue.claim({ taskId, runId: 1 })).rejects.toMatchObject(refused(404));
      });

      it('is refused with 409 when another worker holds the run', async () => {
        const run = await claimed();
        await expect(harness.rival.claim(run)).rejects.toMatchObject({
          ...refused(409),
          code: 'RequestConflict',
        });
      });

      it('is refused with 409 when the run is resolved or not the latest', async () => {
        const cancelled = await created();
        await queue.cancel(cancelled.taskId);
        await expect(queue.claim(cancelled)).rejects.toMatchObject(refused(409));

        const retried = await claimed();
        await queue.report(retried, { report: 'exception', reason: 'worker-shutdown' });
        await expect(queue.claim(retried)).rejects.toMatchObject(refused(409));
      });
    });

    describe('reclaim', () => {
      it('never moves takenUntil back, and may be repeated', async () => {
        const run = await created();
        const first = await queue.claim(run);
        await harness.advance?.(10);
        const second = await queue.reclaim(run);
        expect(second.takenUntil).toBeGreaterThanOrEqual(first.takenUntil + (harness.advance ? 10 : 0));
        expect(second.status.runs[0]).toMatchObject({ state: 'running', takenUntil: second.takenUntil });
        expect((await queue.reclaim(run)).takenUntil).toBeGreaterThanOrEqual(second.takenUntil);
      });

      it('works for another process of the same worker', async () => {
        const run = await claimed();
        expect((await harness.twin.reclaim(run)).status.runs[0]?.state).toBe('running');
      });

      it('does not take a pending run', async () => {
        const run = await created();
        await expect(queue.reclaim(run)).rejects.toMatchObject({
          name: expect.stringMatching(/^(Refused|Unavailable)$/),
        });
        expect((await queue.readStatus(run.taskId))?.state).toBe('pending');
      });

      it('is refused with 404 for an unknown task', async () => {
        const reclaim = queue.reclaim({ taskId: NEVER_CREATED, runId: 0 });
        await expect(reclaim).rejects.toMatchObject(refused(404));
      });

      it('is refused with 409 when the run is resolved or not the latest', async () => {
        const run = await claimed();
        await queue.cancel(run.taskId);
        await expect(queue.reclaim(run)).rejects.toMatchObject(refused(409));

        const retried = await claimed();
        await queue.report(retried, { report: 'exception', reason: 'worker-shutdown' });
        await expect(queue.reclaim(retried)).rejects.toMatchObject(refused(409));
      });
    });

    describe('report', () => {
      it.each(['completed', 'failed'] as const)('%s ends the run, and may be repeated', async (report) => {
        const run = await claimed();
        const status = await queue.report(run, { report });
        expect(status).toMatchObject({ state: report, runs: [{ state: report, reasonResolved: report }] });
        expect((await queue.report(run, { report })).state).toBe(report);
        expect((await harness.twin.report(run, { report })).state).toBe(report);
      });

      it('is refused with 409 when the run ended otherwise', async () => {
        const run = await claimed();
        await queue.report(run, { report: 'completed' });
        await expect(queue.report(run, { report: 'failed' })).rejects.toMatchObject(refused(409));
        const exception = { report: 'exception', reason: 'internal-error' } as const;
        await expect(queue.report(run, exception)).rejects.toMatchObject(refused(409));
        expect((await queue.readStatus(run.taskId))?.state).toBe('completed');
      });

      it('is refused with 409 on a pending run, and leaves it pending', async () => {
        const run = await created();
        await expect(queue.report(run, { report: 'completed' })).rejects.toMatchObject(refused(409));
        expect((await queue.readStatus(run.taskId))?.state).toBe('pending');
      });

      it('is refused with 409 once a newer run exists', async () => {
        const run = await claimed();
        await queue.report(run, { report: 'failed' });
        await queue.rerun(run.taskId);
        await expect(queue.report(run, { report: 'failed' })).rejects.toMatchObject(refused(409));
      });

      it('is refused with 404 for an unknown task', async () => {
        const report = queue.report({ taskId: NEVER_CREATED, runId: 0 }, { report: 'completed' });
        await expect(report).rejects.toMatchObject(refused(404));
      });

      it.each<[ExceptionReason, string]>([
        ['worker-shutdown', 'retry'],
        ['intermittent-task', 'task-retry'],
      ])('exception %s makes a new run while retries are left', async (reason, reasonCreated) => {
        const run = await claimed({ retries: 1 });
        const status = await queue.report(run, { report: 'exception', reason });
        expect(status).toMatchObject({ state: 'pending', retriesLeft: 0 });
        expect(status.runs.map((each) => each.state)).toEqual(['exception', 'pending']);
        expect(status.runs[0]).toMatchObject({ reasonResolved: reason });
        expect(status.runs[1]).toMatchObject({ runId: 1, reasonCreated });

        const again = { ...run, runId: 1 };
        await queue.claim(again);
        const last = await queue.report(again, { report: 'exception', reason });
        expect(last).toMatchObject({ state: 'exception', retriesLeft: 0 });
        expect(last.runs).toHaveLength(2);
      });

      it.each<ExceptionReason>(['malformed-payload', 'internal-error', 'resource-unavailable'])(
        'exception %s makes no new run',
        async (reason) => {
          const run = await claimed();
          const status = await queue.report(run, { report: 'exception', reason });
          expect(status).toMatchObject({ state: 'exception', runs: [{ reasonResolved: reason }] });
        },
      );

      it('of an exception may be repeated, even after the next run started', async () => {
        const run = await claimed();
        const shutdown = { report: 'exception', reason: 'worker-shutdown' } as const;
        await queue.report(run, shutdown);
        await queue.claim({ ...run, runId: 1 });
        const status = await queue.report(run, shutdown);
        expect(status.runs.map((each) => each.state)).toEqual(['exception', 'running']);
        const otherReason = { report: 'exception', reason: 'internal-error' } as const;
        await expect(queue.report(run, otherReason)).rejects.toMatchObject(refused(409));
      });

      it('of an exception is refused with 409 once there are runs beyond the next', async () => {
        const run = await claimed();
        const shutdown = { report: 'exception', reason: 'worker-shutdown' } as const;
        await queue.report(run, shutdown);
        await queue.claim({ ...run, runId: 1 });
        await queue.report({ ...run, runId: 1 }, shutdown);
        await expect(queue.report(run, shutdown)).rejects.toMatchObject(refused(409));
      });
    });

    describe('cancel', () => {
      it('ends a pending and a running run, and may be repeated', async () => {
        for (const { taskId } of [await created(), await claimed()]) {
          const status = await queue.cancel(taskId);
          expect(status).toMatchObject({ state: 'exception', runs: [{ reasonResolved: 'canceled' }] });
          expect(await queue.cancel(taskId)).toEqual(status);
        }
      });

      it('answers with the status of a task that is resolved already', async () => {
        const run = await claimed();
        await queue.report(run, { report: 'completed' });
        expect(await queue.cancel(run.taskId)).toMatchObject({ state: 'completed' });
      });

      it('is refused with 404 for an unknown task', async () => {
        await expect(queue.cancel(NEVER_CREATED)).rejects.toMatchObject(refused(404));
      });
    });

    describe('rerun', () => {
      it('makes a new run of a resolved task, with its retries restored', async () => {
        const run = await claimed({ retries: 1 });
        await queue.report(run, { report: 'exception', reason: 'worker-shutdown' });
        await queue.cancel(run.taskId);
        const status = await queue.rerun(run.taskId);
        expect(status).toMatchObject({ state: 'pending', retriesLeft: 1 });
        expect(latest(status)).toMatchObject({ runId: 2, state: 'pending', reasonCreated: 'rerun' });
      });

      it('makes no new run of a pending or running task', async () => {
        for (const { taskId } of [await created(), await claimed()]) {
          expect((await queue.rerun(taskId)).runs).toHaveLength(1);
        }
      });

      it('is refused with 409 at 50 runs', async () => {
        const { taskId } = await created();
        for (let runs = 1; runs < 50; runs += 1) {
          await queue.cancel(taskId);
          await queue.rerun(taskId);
        }
        const status = await queue.cancel(taskId);
        expect(status.runs).toHaveLength(50);
        await expect(queue.rerun(taskId)).rejects.toMatchObject(refused(409));
      });

      it('is refused with 404 for an unknown task', async () => {
        await expect(queue.rerun(NEVER_CREATED)).rejects.toMatchObject(refused(404));
      });
    });

    describe('attach', () => {
      const expiresOf = async ({ taskId }: RunRef) => (await queue.readDefinition(taskId))!.expires;
      const reference = async (run: RunRef, url: string, name = 'public/build') => ({
        kind: 'reference' as const,
        name,
        expires: await expiresOf(run),
        contentType: 'text/html',
        url,
      });

      it('stores a file, small or large, and takes it again', async () => {
        const run = await claimed();
        const expires = await expiresOf(run);
        for (const content of ['{"täst": 1}', 'x'.repeat(20_000)]) {
          const name = `public/log-${content.length}.txt`;
          const file = { kind: 'file' as const, name, expires, contentType: 'text/plain', content };
          await queue.attach(run, file);
          await queue.attach(run, file);
          await harness.twin.attach(run, file);
          expect(await harness.download(run, name)).toMatchObject({ status: 200, body: content });
        }
      });

      it('stores a reference, takes it again, and lets it point elsewhere', async () => {
        const run = await claimed();
        for (const url of ['https://example.com/1', 'https://example.com/1', 'https://example.com/2']) {
          await queue.attach(run, await reference(run, url));
          expect(await harness.download(run, 'public/build')).toMatchObject({ status: 303, location: url });
        }
      });

      it('takes an error in the place of a file that was not attached, once', async () => {
        const run = await claimed();
        const expires = await expiresOf(run);
        const error = {
          kind: 'error' as const,
          name: 'public/x.txt',
          expires,
          reason: 'file-missing-on-worker',
          message: 'x',
        };
        await queue.attach(run, error);
        await queue.attach(run, error);
        expect(await harness.download(run, 'public/x.txt')).toMatchObject({ status: 424 });
        const file = {
          kind: 'file' as const,
          name: 'public/x.txt',
          expires,
          contentType: 'text/plain',
          content: 'x',
        };
        await expect(queue.attach(run, file)).rejects.toMatchObject(refused(409));
      });

      it('stores an error', async () => {
        const run = await claimed();
        const message = 'There is no log.';
        const reason = 'file-missing-on-worker';
        await queue.attach(run, {
          kind: 'error',
          name: 'public/log',
          expires: await expiresOf(run),
          reason,
          message,
        });
        expect(await harness.download(run, 'public/log')).toMatchObject({ status: 424 });
      });

      it('refuses another type under the same name with 409', async () => {
        const run = await claimed();
        const artifact = await reference(run, 'https://example.com/');
        await queue.attach(run, artifact);
        await expect(queue.attach(run, { ...artifact, contentType: 'text/plain' })).rejects.toMatchObject(
          refused(409),
        );
      });

      it('is refused on a run that was never claimed, and leaves it pending', async () => {
        const run = await created();
        const artifact = await reference(run, 'https://example.com/');
        await expect(queue.attach(run, artifact)).rejects.toMatchObject({ name: 'Refused' });
        expect((await queue.readStatus(run.taskId))?.state).toBe('pending');
      });

      it('is refused with 409 after the run completed', async () => {
        const run = await claimed();
        const artifact = await reference(run, 'https://example.com/');
        await queue.report(run, { report: 'completed' });
        await expect(queue.attach(run, artifact)).rejects.toMatchObject(refused(409));
      });

      it('still works on a run that was canceled under our claim', async () => {
        const run = await claimed();
        await queue.cancel(run.taskId);
        await queue.attach(run, await reference(run, 'https://example.com/'));
        expect((await harness.download(run, 'public/build')).status).toBe(303);
      });
    });

    if (!timeTravel) return;

    describe('as time passes', () => {
      const hour = 3600;

      it('a claim that is not reclaimed ends, and the task is retried', async () => {
        const run = await claimed({ retries: 1 });
        await harness.advance!(1199);
        expect((await queue.readStatus(run.taskId))?.state).toBe('running');
        await harness.advance!(2);
        const status = await queue.readStatus(run.taskId);
        expect(status).toMatchObject({ state: 'pending', retriesLeft: 0 });
        expect(status!.runs[0]).toMatchObject({ state: 'exception', reasonResolved: 'claim-expired' });
        expect(status!.runs[1]).toMatchObject({ reasonCreated: 'retry' });
        await expect(queue.reclaim(run)).rejects.toMatchObject(refused(409));
      });

      it('a claim that is reclaimed lasts, for hours', async () => {
        const run = await claimed();
        for (let passed = 0; passed < 3 * hour; passed += 1000) {
          await harness.advance!(1000);
          await queue.reclaim(run);
        }
        expect((await queue.report(run, { report: 'completed' })).state).toBe('completed');
      });

      it('past its deadline a task cannot be claimed, reclaimed, canceled or rerun, but still reported', async () => {
        const run = await claimed();
        const waiting = await created();
        for (let passed = 0; passed < 4 * hour - 600; passed += 600) {
          await harness.advance!(600);
          await queue.reclaim(run);
        }
        await harness.advance!(630);
        await expect(queue.claim(waiting)).rejects.toMatchObject(refused(409));
        await expect(queue.reclaim(run)).rejects.toMatchObject(refused(409));
        await expect(queue.cancel(run.taskId)).rejects.toMatchObject(refused(409));
        await expect(queue.rerun(waiting.taskId)).rejects.toMatchObject(refused(409));
        expect((await queue.report(run, { report: 'completed' })).state).toBe('completed');

        await harness.advance!(60);
        expect(await queue.readStatus(waiting.taskId)).toMatchObject({
          state: 'exception',
          runs: [{ reasonResolved: 'deadline-exceeded' }],
        });
      });

      it('a task is forgotten when it expires', async () => {
        const { taskId } = await created();
        await harness.advance!(400 * 24 * hour);
        expect(await queue.readStatus(taskId)).toBeUndefined();
        expect(await queue.readDefinition(taskId)).toBeUndefined();
        expect(await queue.readStatuses([taskId])).toEqual(new Map());
      });

      it('an artifact of a canceled run is refused half an hour later', async () => {
        const run = await claimed();
        const { expires } = (await queue.readDefinition(run.taskId))!;
        await queue.cancel(run.taskId);
        await harness.advance!(26 * 60);
        const artifact = {
          kind: 'reference',
          name: 'late',
          expires,
          contentType: 'x/y',
          url: 'https://x.y/',
        } as const;
        await expect(queue.attach(run, artifact)).rejects.toMatchObject(refused(409));
      });
    });
  });
}

async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
