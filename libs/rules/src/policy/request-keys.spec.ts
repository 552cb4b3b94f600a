import { describe, expect, it } from '@jest/globals';
import type { Run, TaskStatus } from '../ports/task-queue.js';
import { requestKeys } from './request-keys.js';

const TASK = 'f3DnZ0QnQqWl0cH1Cq9vLw';
const submitted = (status: TaskStatus, runId: number) =>
  requestKeys(status, runId).map(({ scheduledAt }) => scheduledAt);

describe('requestKeys', () => {
  const run = (runId: number, scheduled: number, reasonResolved?: string): Run => ({
    runId,
    state: reasonResolved ? 'exception' : 'pending',
    reasonCreated: 'scheduled',
    reasonResolved,
    scheduled,
  });
  const status = (...runs: Run[]): TaskStatus => ({
    taskId: TASK,
    taskQueueId: '',
    state: 'pending',
    deadline: 0,
    retriesLeft: 0,
    runs,
  });

  it('has the scheduling time of the run in whole seconds', () => {
    expect(requestKeys(status(run(0, 100.9)), 0)).toEqual([
      { taskId: TASK, createdForRunId: 0, scheduledAt: 100 },
    ]);
  });

  it('is the same for every run of one build request, and a different one for a rerun', () => {
    const seen = status(
      run(0, 100, 'claim-expired'),
      run(1, 200, 'worker-shutdown'),
      run(2, 300, 'canceled'),
      run(3, 400),
    );
    expect([0, 1, 2].map((runId) => submitted(seen, runId))).toEqual([[100], [100], [100]]);
    expect(requestKeys(seen, 3)).toMatchObject([{ createdForRunId: 3, scheduledAt: 400 }]);
  });

  it('are two for a rerun of a lost run, which may need a new build request', () => {
    const seen = status(
      run(0, 100, 'claim-expired'),
      { ...run(1, 200, 'worker-shutdown'), reasonCreated: 'retry' },
      { ...run(2, 300), reasonCreated: 'rerun' },
    );
    expect(submitted(seen, 2)).toEqual([100, 300]);
    expect(submitted(seen, 1)).toEqual([100]);
  });

  it('is undefined for a run that is not in the status', () => {
    expect(requestKeys(status(), 0)).toEqual([]);
    expect(requestKeys(status(run(0, 1)), 1)).toEqual([]);
  });
});
