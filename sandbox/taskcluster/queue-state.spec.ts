import { beforeEach, describe, expect, it } from '@jest/globals';
import { exampleTask, QueueState, slugid, type PulseMessage, type TaskInput } from './index.js';

const WORKER = { workerGroup: 'bridge', workerId: 'one' };
const START = 1_800_000_000;

describe('QueueState', () => {
  const clock = {
    time: START,
    now() {
      return this.time;
    },
  };
  let state: QueueState;
  let published: { kind: string; key: string; message: PulseMessage }[];

  beforeEach(() => {
    clock.time = START;
    published = [];
    state = new QueueState({
      clock,
      publish: (exchange, key, message) =>
        published.push({ kind: exchange.replace('exchange/taskcluster-queue/v1/', ''), key, message }),
    });
  });

  const create = (changes: Partial<TaskInput> = {}, taskId = slugid()) => {
    state.createTask(taskId, { ...exampleTask(clock.time), ...changes });
    return taskId;
  };
  const running = (changes: Partial<TaskInput> = {}) => {
    const taskId = create(changes);
    state.claimTask(taskId, 0, WORKER);
    published.length = 0;
    return taskId;
  };
  const advance = (seconds: number) => {
    clock.time += seconds;
    state.tick();
  };
  const kinds = () => published.map(({ kind, key }) => `${kind} ${key.split('.').slice(2, 5).join('.')}`);
  const refusal = (status: number) => expect.objectContaining({ name: 'QueueRefusal', status });

  describe('messages', () => {
    it('have ten words in their key, and the routes as CC', () => {
      const taskId = create({ routes: ['index.a.b'] });
      const rest = `buildbot-bridge.buildbot-bridge.sandbox.${taskId}._`;
      expect(published.map(({ kind, key }) => [kind, key])).toEqual([
        ['task-defined', `primary.${taskId}._._._.${rest}`],
        ['task-pending', `primary.${taskId}.0._._.${rest}`],
      ]);
      expect(published[0]?.message.payload.status).toMatchObject({ state: 'unscheduled', runs: [] });
      expect(published[1]?.message.properties).toEqual({
        contentType: 'application/json',
        contentEncoding: 'utf-8',
        deliveryMode: 2,
        headers: { CC: ['route.index.a.b'] },
      });
    });

    it('come again with every repeated call', () => {
      const taskId = slugid();
      const input = exampleTask(clock.time);
      state.createTask(taskId, input);
      published.length = 0;
      state.createTask(taskId, input);
      state.rerunTask(taskId);
      state.claimTask(taskId, 0, WORKER);
      state.claimTask(taskId, 0, WORKER);
      state.rerunTask(taskId);
      state.reclaimTask(taskId, 0);
      state.reportFailed(taskId, 0);
      state.reportFailed(taskId, 0);
      expect(kinds()).toEqual([
        'task-defined _._._',
        'task-pending 0._._',
        'task-pending 0._._',
        'task-running 0.bridge.one',
        'task-running 0.bridge.one',
        'task-failed 0.bridge.one',
        'task-failed 0.bridge.one',
      ]);
    });

    it('of a retried run tell its exception while the task is pending', () => {
      const taskId = running();
      state.reportException(taskId, 0, 'worker-shutdown');
      state.reportException(taskId, 0, 'worker-shutdown');
      const twice = ['task-exception 0.bridge.one', 'task-pending 1._._'];
      expect(kinds()).toEqual([...twice, ...twice]);
      expect(published[0]?.message.payload).toMatchObject({ runId: 0, status: { state: 'pending' } });

      published.length = 0;
      state.claimTask(taskId, 1, WORKER);
      state.reportException(taskId, 0, 'worker-shutdown');
      expect(kinds()).toEqual(['task-running 1.bridge.one', 'task-exception 0.bridge.one']);
    });

    it('of a cancel name the worker only where there was one', () => {
      const pending = create();
      const claimed = running();
      for (const taskId of [pending, claimed, claimed]) state.cancelTask(taskId);
      expect(kinds()).toEqual([
        'task-exception 0._._',
        'task-exception 0.bridge.one',
        'task-exception 0.bridge.one',
      ]);
      expect(published[0]?.message.payload).not.toHaveProperty('workerId');
    });

    it('of a passed deadline never name the worker', () => {
      const deadline = new Date((START + 600) * 1000).toISOString();
      const taskId = running({ deadline });
      advance(659);
      expect(kinds()).toEqual([]);
      advance(1);
      expect(kinds()).toEqual(['task-exception 0._._']);
      expect(published[0]?.message.payload).not.toHaveProperty('workerId');
      expect(state.status(taskId).runs[0]).toMatchObject({
        reasonResolved: 'deadline-exceeded',
        workerId: 'one',
      });
    });

    it('that cannot be published are lost, and the call succeeds', () => {
      const silent = new QueueState({
        clock,
        publish: () => {
          throw new Error('no broker');
        },
      });
      expect(silent.createTask(slugid(), exampleTask(START)).state).toBe('pending');
    });
  });

  describe('claims', () => {
    it('end when they are not reclaimed, with a new run while retries are left', () => {
      const taskId = running({ retries: 1 });
      advance(1200);
      expect(kinds()).toEqual(['task-exception 0.bridge.one', 'task-pending 1._._']);
      state.claimTask(taskId, 1, WORKER);
      published.length = 0;
      advance(1200);
      expect(kinds()).toEqual(['task-exception 1.bridge.one']);
      expect(state.status(taskId)).toMatchObject({ state: 'exception', retriesLeft: 0 });
    });

    it('can be reclaimed late, while nobody has looked', () => {
      const taskId = running();
      clock.time += 1300;
      expect(state.reclaimTask(taskId, 0).takenUntil).toBe(new Date((START + 2500) * 1000).toISOString());
      state.tick();
      expect(state.status(taskId).state).toBe('running');
    });

    it('leave a record when refused, which announces an expired run once more', () => {
      const taskId = running({ retries: 5 });
      clock.time += 600;
      expect(() => state.claimTask(taskId, 0, { ...WORKER, workerId: 'two' })).toThrow(refusal(409));
      advance(600);
      state.claimTask(taskId, 1, WORKER);
      published.length = 0;
      advance(600);
      expect(kinds()).toEqual(['task-exception 0.bridge.one']);
      expect(state.status(taskId).state).toBe('running');
    });

    it('do not end after the deadline', () => {
      const deadline = new Date((START + 1190) * 1000).toISOString();
      const taskId = running({ deadline });
      advance(1200);
      expect(state.status(taskId).state).toBe('running');
      advance(50);
      expect(state.status(taskId).runs[0]?.reasonResolved).toBe('deadline-exceeded');
    });

    it('write takenUntil as the database does, and as JavaScript does in a reclaim', () => {
      clock.time = START + 0.61;
      const taskId = create();
      expect(state.claimTask(taskId, 0, WORKER).takenUntil).toMatch(/:\d\d\.61\+00:00$/);
      expect(state.reclaimTask(taskId, 0).takenUntil).toMatch(/:\d\d\.610Z$/);
      clock.time = START;
      const whole = create();
      expect(state.claimTask(whole, 0, WORKER).takenUntil).toMatch(/:\d\d\+00:00$/);
      expect(state.status(whole).runs[0]?.takenUntil).toMatch(/:\d\d\.000Z$/);
    });

    it('of a quarantined worker fail', () => {
      state.quarantined.add('bridge/one');
      const taskId = create();
      expect(() => state.claimTask(taskId, 0, WORKER)).toThrow(refusal(500));
      expect(state.status(taskId).state).toBe('pending');
    });

    it('cannot be reclaimed on a pending run', () => {
      expect(() => state.reclaimTask(create(), 0)).toThrow(refusal(500));
    });
  });

  describe('between the deadline and its resolution', () => {
    it('a shutdown even makes a new run, which the deadline ends', () => {
      const taskId = running({ deadline: new Date((START + 600) * 1000).toISOString() });
      clock.time += 630;
      expect(state.reportException(taskId, 0, 'worker-shutdown').runs).toHaveLength(2);
      advance(30);
      expect(state.status(taskId)).toMatchObject({
        state: 'exception',
        runs: [{ reasonResolved: 'worker-shutdown' }, { reasonResolved: 'deadline-exceeded' }],
      });
    });
  });

  describe('dependencies', () => {
    it('hold a task back until they are completed', () => {
      const first = running();
      const second = create({ dependencies: [first] });
      expect(state.status(second).state).toBe('unscheduled');
      state.reportCompleted(first, 0);
      expect(state.status(second).runs).toMatchObject([{ state: 'pending', reasonCreated: 'scheduled' }]);
    });

    it('that fail hold it back for ever, unless resolved is enough', () => {
      const first = running();
      const strict = create({ dependencies: [first] });
      const lenient = create({ dependencies: [first], requires: 'all-resolved' });
      state.reportFailed(first, 0);
      expect(state.status(strict).state).toBe('unscheduled');
      expect(state.status(lenient).state).toBe('pending');
    });

    it('on itself leave a task unscheduled, to be cancelled or to pass its deadline', () => {
      const [one, two] = [slugid(), slugid()];
      create({ dependencies: [one] }, one);
      create({ dependencies: [two], deadline: new Date((START + 60) * 1000).toISOString() }, two);
      published.length = 0;
      state.cancelTask(one);
      advance(120);
      expect(kinds()).toEqual(['task-exception 0._._', 'task-exception 0._._']);
      for (const [taskId, reasonResolved] of [
        [one, 'canceled'],
        [two, 'deadline-exceeded'],
      ] as const) {
        expect(state.status(taskId).runs).toMatchObject([{ reasonCreated: 'exception', reasonResolved }]);
      }
    });
  });

  describe('createTask', () => {
    it.each<[string, Partial<TaskInput>, number]>([
      ['a deadline in the past', { deadline: new Date((START - 1) * 1000).toISOString() }, 400],
      ['a deadline six days ahead', { deadline: new Date((START + 6 * 86400) * 1000).toISOString() }, 400],
      ['an old creation time', { created: new Date((START - 3600) * 1000).toISOString() }, 400],
      ['an end before the deadline', { expires: new Date((START + 60) * 1000).toISOString() }, 400],
      ['a scope ending in **', { scopes: ['a**'] }, 400],
      ['an unknown priority', { priority: 'normal' }, 400],
      ['a queue id that disagrees', { taskQueueId: 'another/queue' }, 400],
      ['an upper-case worker type', { workerType: 'Upper' }, 400],
      ['50 retries', { retries: 50 }, 400],
      ['an unknown dependency', { dependencies: ['AAAAAAAAQAGAAAAAAAAAAA'] }, 400],
      ['an unknown key', { nonsense: 1 } as object, 400],
    ])('refuses %s', (_, changes, status) => {
      expect(() => create(changes)).toThrow(refusal(status));
    });

    it('refuses another definition under the same id, and another scheduler in the group', () => {
      const taskId = create();
      expect(() => create({ priority: 'low' }, taskId)).toThrow(refusal(409));
      expect(() => create({ taskGroupId: taskId, schedulerId: 'other' })).toThrow(refusal(409));
    });
  });

  describe('artifacts', () => {
    const expires = new Date((START + 3600) * 1000).toISOString();
    const reference = {
      storageType: 'reference',
      contentType: 'text/html',
      expires,
      url: 'https://x.y/',
    } as const;

    it('are refused with 400 where the task, the run or its claim is missing', () => {
      const unclaimed = create();
      for (const [taskId, runId] of [
        ['AAAAAAAAQAGAAAAAAAAAAA', 0],
        [unclaimed, 1],
        [unclaimed, 0],
      ] as const) {
        expect(() => state.createArtifact(taskId, runId, 'a', reference)).toThrow(refusal(400));
      }
    });

    it('are refused with 400 when they outlive the task, or are of an unknown type', () => {
      const taskId = running();
      const late = { ...reference, expires: new Date((START + 400 * 86400) * 1000).toISOString() };
      expect(() => state.createArtifact(taskId, 0, 'a', late)).toThrow(refusal(400));
      const azure = { ...reference, storageType: 'azure' } as never;
      expect(() => state.createArtifact(taskId, 0, 'a', azure)).toThrow(refusal(400));
    });

    it('may be made again to last longer, not shorter', () => {
      const taskId = running();
      state.createArtifact(taskId, 0, 'a', reference);
      const at = (seconds: number) => ({
        ...reference,
        expires: new Date((START + seconds) * 1000).toISOString(),
      });
      state.createArtifact(taskId, 0, 'a', at(7200));
      expect(() => state.createArtifact(taskId, 0, 'a', reference)).toThrow(refusal(409));
    });

    it('are accepted for 25 minutes after an exception, and not after an end', () => {
      const canceled = running();
      state.cancelTask(canceled);
      clock.time += 24 * 60;
      state.createArtifact(canceled, 0, 'a', reference);
      clock.time += 2 * 60;
      expect(() => state.createArtifact(canceled, 0, 'b', reference)).toThrow(refusal(409));

      const failed = running();
      state.reportFailed(failed, 0);
      expect(() => state.createArtifact(failed, 0, 'a', reference)).toThrow(refusal(409));
    });

    it('are announced, unless they lie in a bucket', () => {
      const taskId = running();
      state.createArtifact(taskId, 0, 'a', reference);
      state.createArtifact(taskId, 0, 'b', { storageType: 's3', contentType: 'text/plain', expires });
      expect(kinds()).toEqual(['artifact-created 0.bridge.one']);
    });
  });

  it('tells when to look again', () => {
    expect(state.nextDue).toBeUndefined();
    const taskId = create();
    expect(state.nextDue).toBe((START + 24 * 3600 + 60) * 1000);
    state.claimTask(taskId, 0, WORKER);
    expect(state.nextDue).toBe((START + 1200) * 1000);
  });
});
