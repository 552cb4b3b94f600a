import { readFileSync } from 'node:fs';
import { Logger } from '@nestjs/common';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  begin,
  building,
  end,
  ended,
  newest,
  request,
  requested,
  running,
  tell,
  theTask,
} from './faults/scenario.js';
import { CONFIGURATION } from './bridge/settings.js';
import { ModelWorld } from './world.js';

beforeAll(() => Logger.overrideLogger(false));

let world: ModelWorld;

beforeEach(() => {
  world = new ModelWorld({ instances: ['tc-listener', 'bb-listener', 'reflector'] });
});

const story = (taskId = theTask(world)) =>
  world.statusOf(taskId)?.runs.map(({ state, reasonResolved }) => reasonResolved ?? state);

describe('what the original bridge got wrong', () => {
  it('3: of all builds of a request only the running one is cancelled, once', async () => {
    await ended(world, 5);
    begin(world);
    await tell(world, 'log_uploaded', 'started');
    world.queue.cancelTask(theTask(world));
    await tell(world, 'task-exception');
    const last = request(world).builds.at(-1);
    expect(world.agent.jobs).toMatchObject([{ action: 'cancel-build', id: last?.buildId }]);
  });

  it('4: a task whose cancellation fails keeps no other task from its claim', async () => {
    await running(world);
    await running(world, { revision: 'another' });
    world.queue.cancelTask(theTask(world));
    world.outage('self-serve', 3600);
    world.bus.clear();
    await world.advance(2000);
    expect(story(world.taskIds[1])).toEqual(['running']);
  });

  it('5: refused credentials give up no task', async () => {
    await running(world);
    await world.advance(540);
    const [reflector] = world.of('reflector');
    // The turn is the first effect of a pass, the reclaim the second.
    reflector!.gate.fault = { skip: 1, kind: 'forbidden', moment: 'before', effectsOnly: true };
    await world.advance(120);
    expect(world.faults).toEqual(new Map([['forbidden before effect', 1]]));
    await world.advance(3600);
    expect(story()).toEqual(['running']);
  });

  it('6, 7: a process killed anywhere while it creates a request leaves neither an orphan nor a second request', async () => {
    for (let skip = 0; skip < 4; skip++) {
      world = new ModelWorld({ instances: ['tc-listener', 'bb-listener', 'reflector'] });
      world.create();
      const [listener] = world.of('tc-listener');
      listener!.gate.fault = { skip, kind: 'kill', moment: 'after', effectsOnly: true };
      await tell(world, 'task-pending');
      expect(listener!.isAlive).toBe(false);
      await world.advance(120);
      expect(world.farm.of(theTask(world))).toHaveLength(1);
      expect(world.rows.rows.get(theTask(world))?.buildRequestId).toBe(request(world).buildRequestId);
    }
  });

  it('15, 19: a poisonous message is put aside, and those behind it are handled', async () => {
    world.bus.publish('started', { payload: { build: {} } });
    await building(world);
    await tell(world, 'started');
    expect(story()).toEqual(['running']);
    expect([...world.kept.kept.values()]).toMatchObject([{ state: 'quarantined', subscription: 'started' }]);
    expect(world.bus.ready.filter(({ subscription }) => subscription === 'started')).toEqual([]);
  });

  it('16: a cancellation that Self Serve fails is parked, and asked for again', async () => {
    await running(world);
    world.outage('self-serve', 45);
    world.queue.cancelTask(theTask(world));
    await tell(world, 'task-exception');
    expect([...world.kept.kept.values()]).toMatchObject([
      { state: 'parked', subscription: 'task-exception' },
    ]);
    await world.advance(120);
    expect(world.agent.jobs.length).toBeGreaterThan(0);
  });

  it('20: a result that Taskcluster does not take is kept until it does', async () => {
    await ended(world, 2);
    world.outage('taskcluster', 300);
    await tell(world, 'log_uploaded');
    expect(story()).toEqual(['running']);
    await world.advance(700);
    expect(story()).toEqual(['failed']);
  });

  it('21, 22: an artifact that fails keeps the result from nobody', async () => {
    await ended(world, 0);
    const [listener] = world.of('bb-listener');
    listener!.gate.fault = { skip: 0, kind: 'error', moment: 'before', effectsOnly: true };
    await tell(world, 'log_uploaded');
    expect(story()).toEqual(['running']);
    expect(world.queue.artifactsOf(theTask(world), 0)).toHaveLength(1);
    await world.advance(60);
    expect(story()).toEqual(['completed']);
    expect(world.queue.artifactsOf(theTask(world), 0)).toHaveLength(2);
  });

  it('24, 25: a request cancelled in Buildbot after a RETRY ends its task, claimed or not', async () => {
    for (const isTold of [true, false]) {
      world = new ModelWorld({ instances: ['tc-listener', 'bb-listener', 'reflector'] });
      await ended(world, 5);
      if (isTold) await tell(world, 'log_uploaded');
      world.farm.markComplete(request(world));
      await world.advance(120);
      expect(story()?.at(-1)).toBe('canceled');
    }
  });

  it('28: a process killed between the claim and its record leaves a claim that is kept', async () => {
    await building(world);
    const [listener] = world.of('bb-listener');
    listener!.gate.fault = { skip: 0, kind: 'kill', moment: 'after', effectsOnly: true };
    await tell(world, 'started');
    world.bus.clear();
    await world.advance(4000);
    expect(story()).toEqual(['running']);
  });

  it('29: a task whose cancellation fails is not forgotten', async () => {
    await requested(world);
    world.farm.markComplete(request(world));
    world.outage('taskcluster', 600);
    await world.advance(300);
    expect(world.rows.rows.size).toBe(1);
    await world.advance(600);
    expect(story()).toEqual(['canceled']);
    expect(world.rows.rows.size).toBe(0);
  });

  it('31: requests that no message names any more are claimed and resolved', async () => {
    world = new ModelWorld({ instances: ['tc-listener', 'bb-listener', 'reflector'], idLimit: 1 });
    await requested(world);
    await requested(world);
    begin(world);
    await tell(world, 'started');
    await world.advance(240);
    expect(world.taskIds.map((taskId) => story(taskId))).toEqual([['running'], ['running']]);
    end(world, 0);
    await tell(world, 'log_uploaded');
    await world.advance(700);
    expect(world.taskIds.map((taskId) => story(taskId))).toEqual([['completed'], ['completed']]);
  });

  it('34: a request whose cancellation came to nothing is cancelled again until it is', async () => {
    await requested(world);
    world.queue.cancelTask(theTask(world));
    await tell(world, 'task-exception');
    world.agent.jobs.length = 0;
    begin(world);
    await world.advance(120);
    while (world.agent.jobs.length > 0) world.agent.perform(0);
    expect(request(world).builds.at(-1)?.outcome).toBe(6);
  });

  it('42: a call that hangs keeps neither the pass nor other tasks', async () => {
    await running(world);
    await world.advance(700);
    const [reflector] = world.of('reflector');
    reflector!.gate.fault = { skip: 0, kind: 'hang', moment: 'before' };
    world.create({ revision: 'another' });
    world.bus.clear();
    await world.advance(180, 10);
    expect(world.farm.of(world.taskIds[1] ?? '')).toHaveLength(1);
    expect(story()).toEqual(['running']);
  });

  it('43: several reflectors share the passes', async () => {
    world = new ModelWorld({ instances: ['reflector', 'reflector', 'reflector'] });
    world.instances.forEach(({ gate }) => (gate.recording = true));
    await world.advance(3600, 1);
    const passes = world.instances.map(
      ({ gate }) => gate.calls.filter(({ name }) => name === 'readPage').length,
    );
    const sum = passes.reduce((all, each) => all + each, 0);
    expect(sum).toBeGreaterThanOrEqual(3600 / CONFIGURATION_INTERVAL - 1);
    expect(sum).toBeLessThanOrEqual((2 * 3600) / CONFIGURATION_INTERVAL);
  });
});

const CONFIGURATION_INTERVAL = (CONFIGURATION.reflector.schedule as { everySeconds: number }).everySeconds;

describe('histories that once broke a rule', () => {
  it('a RETRY message of another master’s build of the same number ends no run', async () => {
    await ended(world, 5);
    const retry = newest(world, 'log_uploaded');
    const [, other] = world.masters;
    other?.pick();
    other?.begin();
    expect(request(world).builds.map(({ number }) => number)).toEqual([7, 7]);
    await tell(world, 'started');
    await world.advance(240);
    expect(story()).toEqual(['worker-shutdown', 'running']);
    other?.end(0);
    world.bus.duplicate(retry);
    await tell(world, 'log_uploaded');
    expect(story()).toEqual(['worker-shutdown', 'running']);
    other?.retire();
    await world.advance(30);
    expect(story()).toEqual(['worker-shutdown', 'completed']);
    expect(world.watch.violations).toEqual([]);
  });

  it('a reflector whose clock is 11 minutes behind finds an orphan in time', async () => {
    world = new ModelWorld({ instances: ['tc-listener', 'reflector'] });
    world.of('reflector').forEach(({ clock }) => (clock.skew = -660));
    await requested(world);
    world.restoreRows();
    world.queue.cancelTask(theTask(world));
    await world.advance(180);
    expect(world.agent.jobs[0]).toMatchObject({ action: 'cancel-request' });
  });

  it('a pass at an odd moment keeps the next one from its turn for no longer than 90 seconds', async () => {
    world = new ModelWorld({ instances: ['reflector', 'reflector'] });
    world.turns.taken.set('pass', world.now() + 45);
    const taskId = world.create();
    await world.advance(90, 1);
    expect(world.farm.openOf(taskId)).toHaveLength(1);
  });
});

describe('docs/weaknesses.md', () => {
  const page = readFileSync('docs/weaknesses.md', 'utf8');
  const rows = [...page.matchAll(/^\| (\d+) +\| [^|]+\| ([^|]+?) *\|$/gm)];

  it('has all 52', () => {
    expect(rows.map(([, number]) => Number(number))).toEqual(
      Array.from({ length: 52 }, (_, index) => index + 1),
    );
  });

  it.each(rows.map(([, number = '', tests = '']) => [number, tests] as const))(
    'names tests that exist: %s',
    (_number, tests) => {
      const named = [...tests.matchAll(/`([^`]+)` “([^”]+)”/g)];
      const isExplained = tests.startsWith('not a fault of the bridge');
      expect(named.length > 0 || isExplained).toBe(true);
      for (const [, file, title] of named) {
        expect({ file, title, is: readFileSync(file ?? '', 'utf8').includes(title ?? '') }).toEqual({
          file,
          title,
          is: true,
        });
      }
    },
  );
});
