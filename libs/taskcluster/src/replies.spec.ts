import { describe, expect, it } from '@jest/globals';
import { readListItem, readReply } from './replies.js';
import { LargeValue } from './large-json/read-large-json.js';

const STATUS = {
  taskId: 'YnSWRB4zShyldPp3OQc09A',
  provisionerId: 'p',
  workerType: 'w',
  taskQueueId: 'p/w',
  state: 'running',
  deadline: '2026-11-23T18:52:33.283Z',
  retriesLeft: 2,
  runs: [
    {
      runId: 0,
      state: 'running',
      reasonCreated: 'scheduled',
      takenUntil: '2026-11-23T18:12:33.361Z',
      scheduled: '2026-11-23T17:52:33.329Z',
    },
  ],
};

const TASK = {
  provisionerId: 'p',
  workerType: 'w',
  created: '2026-11-23T17:52:33.000Z',
  deadline: '2026-11-24T17:52:33.000Z',
  expires: '2027-11-24T17:52:33.000Z',
  priority: 'normal',
  scopes: ['a'],
  payload: { b: 1 },
};

describe('readReply', () => {
  it.each([
    ['2026-11-23T18:04:34.616+00:00', 1795457074.616],
    ['2026-11-23T18:04:32.93+00:00', 1795457072.93],
    ['2026-11-23T18:04:32+00:00', 1795457072],
    ['2026-11-23T20:04:32.5+02:00', 1795457072.5],
    ['2026-11-23T18:04:32.930412+00:00', 1795457072.93],
    ['2026-11-23T18:04:34.616Z', 1795457074.616],
  ])('reads the time %s', (takenUntil, seconds) => {
    expect(readReply.claim('claimTask', { takenUntil, status: STATUS }).takenUntil).toBe(seconds);
  });

  it('reads a status, in seconds and without unknown keys', () => {
    const status = { ...STATUS, projectId: 'none', invented: { later: true } };
    expect(readReply.status('status', { status })).toEqual({
      taskId: STATUS.taskId,
      taskQueueId: 'p/w',
      state: 'running',
      deadline: Date.parse(STATUS.deadline) / 1000,
      retriesLeft: 2,
      runs: [
        {
          runId: 0,
          state: 'running',
          reasonCreated: 'scheduled',
          takenUntil: Date.parse('2026-11-23T18:12:33.361Z') / 1000,
          scheduled: Date.parse('2026-11-23T17:52:33.329Z') / 1000,
        },
      ],
    });
  });

  it('names the queue of a deployment that has no taskQueueId', () => {
    const { taskQueueId: _, ...older } = STATUS;
    expect(readReply.status('status', { status: older }).taskQueueId).toBe('p/w');
    expect(readReply.definition('task', TASK).taskQueueId).toBe('p/w');
  });

  it.each<[string, object]>([
    ['a time that is none', { deadline: 'soon' }],
    ['an unknown state', { state: 'sleeping' }],
    ['runs out of order', { runs: [{ ...STATUS.runs[0], runId: 1 }] }],
    ['a run without its schedule', { runs: [{ ...STATUS.runs[0], scheduled: undefined }] }],
    ['no queue', { taskQueueId: undefined, workerType: undefined }],
  ])('does not accept a status with %s', (_, changes) => {
    expect(() => readReply.status('status', { status: { ...STATUS, ...changes } })).toThrow(
      'unusable answer',
    );
  });

  it('accepts an unknown reason', () => {
    const runs = [{ ...STATUS.runs[0], state: 'exception', reasonResolved: 'moonrise' }];
    expect(readReply.status('status', { status: { ...STATUS, runs } }).runs[0]?.reasonResolved).toBe(
      'moonrise',
    );
  });

  it('reads a definition, its payload untouched and its end as written', () => {
    expect(readReply.definition('task', TASK)).toEqual({
      taskQueueId: 'p/w',
      priority: 'normal',
      created: 1795456353,
      expires: TASK.expires,
      scopes: ['a'],
      payload: { b: 1 },
    });
  });

  it('keeps no more than the builder of a payload that is too large', () => {
    const read = (payload: unknown) => readReply.definition('task', { ...TASK, payload });
    expect(read(new LargeValue('b'))).toMatchObject({
      isAbridged: true,
      payload: { buildername: 'b' },
    });
    expect(read(new LargeValue(7))).toMatchObject({ isAbridged: true, payload: {} });
  });

  it('takes scopes that are too large to be read for none', () => {
    const read = readReply.definition('task', { ...TASK, scopes: new LargeValue() });
    expect(read).toMatchObject({ scopes: [], payload: { b: 1 } });
    expect(() => readReply.definition('task', { ...TASK, scopes: 'all' })).toThrow();
  });

  it('gives a definition without expiry the default', () => {
    const { expires: _, ...endless } = TASK;
    expect(readReply.definition('task', endless).expires).toBe('2027-11-24T17:52:33.000Z');
  });

  it('reads an entry of a list; undefined for a malformed one', () => {
    expect(readListItem({ taskId: 'x', runId: 1, task: TASK, inserted: 'whenever' })).toMatchObject({
      taskId: 'x',
      runId: 1,
      definition: { payload: { b: 1 } },
    });
    expect(readListItem({ taskId: 'x', runId: 1, task: { ...TASK, created: 'never' } })).toBeUndefined();
  });
});
