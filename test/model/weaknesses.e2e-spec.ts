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
import { Simulation } from './simulation.js';

beforeAll(() => Logger.overrideLogger(false));

let simulation: Simulation;

beforeEach(() => {
  simulation = new Simulation({ instances: ['tc-listener', 'bb-listener', 'reflector'] });
});

const story = (taskId = theTask(simulation)) =>
  simulation.statusOf(taskId)?.runs.map(({ state, reasonResolved }) => reasonResolved ?? state);

describe('what the original bridge got wrong', () => {
  it('3: of all builds of a request only the running one is cancelled, once', async () => {
    await ended(simulation, 5);
    begin(simulation);
    await tell(simulation, 'log_uploaded', 'started');
    simulation.queue.cancelTask(theTask(simulation));
    await tell(simulation, 'task-exception');
    const last = request(simulation).builds.at(-1);
    expect(simulation.agent.jobs).toMatchObject([{ action: 'cancel-build', id: last?.buildId }]);
  });

  it('4: a task whose cancellation fails keeps no other task from its claim', async () => {
    await running(simulation);
    await running(simulation, { revision: 'another' });
    simulation.queue.cancelTask(theTask(simulation));
    simulation.outage('self-serve', 3600);
    simulation.bus.clear();
    await simulation.advance(2000);
    expect(story(simulation.taskIds[1])).toEqual(['running']);
  });

  it('5: refused credentials give up no task', async () => {
    await running(simulation);
    await simulation.advance(540);
    const [reflector] = simulation.of('reflector');
    // The turn is the first effect of a pass, the reclaim the second.
    reflector!.gate.fault = { skip: 1, kind: 'forbidden', moment: 'before', effectsOnly: true };
    await simulation.advance(120);
    expect(simulation.faults).toEqual(new Map([['forbidden before effect', 1]]));
    await simulation.advance(3600);
    expect(story()).toEqual(['running']);
  });

  it('6, 7: a process killed anywhere while it creates a request leaves neither an orphan nor a second request', async () => {
    for (let skip = 0; skip < 4; skip++) {
      simulation = new Simulation({ instances: ['tc-listener', 'bb-listener', 'reflector'] });
      simulation.create();
      const [listener] = simulation.of('tc-listener');
      listener!.gate.fault = { skip, kind: 'kill', moment: 'after', effectsOnly: true };
      await tell(simulation, 'task-pending');
      expect(listener!.isAlive).toBe(false);
      await simulation.advance(120);
      expect(simulation.farm.of(theTask(simulation))).toHaveLength(1);
      expect(simulation.rows.rows.get(theTask(simulation))?.buildRequestId).toBe(
        request(simulation).buildRequestId,
      );
    }
  });

  it('15, 19: a poisonous message is put aside, and those behind it are handled', async () => {
    simulation.bus.publish('started', { payload: { build: {} } });
    await building(simulation);
    await tell(simulation, 'started');
    expect(story()).toEqual(['running']);
    expect([...simulation.kept.kept.values()]).toMatchObject([
      { state: 'quarantined', subscription: 'started' },
    ]);
    expect(simulation.bus.ready.filter(({ subscription }) => subscription === 'started')).toEqual([]);
  });

  it('16: a cancellation that Self Serve fails is parked, and asked for again', async () => {
    await running(simulation);
    simulation.outage('self-serve', 45);
    simulation.queue.cancelTask(theTask(simulation));
    await tell(simulation, 'task-exception');
    expect([...simulation.kept.kept.values()]).toMatchObject([
      { state: 'parked', subscription: 'task-exception' },
    ]);
    await simulation.advance(120);
    expect(simulation.agent.jobs.length).toBeGreaterThan(0);
  });

  it('20: a result that Taskcluster does not take is kept until it does', async () => {
    await ended(simulation, 2);
    simulation.outage('taskcluster', 300);
    await tell(simulation, 'log_uploaded');
    expect(story()).toEqual(['running']);
    await simulation.advance(700);
    expect(story()).toEqual(['failed']);
  });

  it('21, 22: an artifact that fails keeps the result from nobody', async () => {
    await ended(simulation, 0);
    const [listener] = simulation.of('bb-listener');
    listener!.gate.fault = { skip: 0, kind: 'error', moment: 'before', effectsOnly: true };
    await tell(simulation, 'log_uploaded');
    expect(story()).toEqual(['running']);
    expect(simulation.queue.artifactsOf(theTask(simulation), 0)).toHaveLength(1);
    await simulation.advance(60);
    expect(story()).toEqual(['completed']);
    expect(simulation.queue.artifactsOf(theTask(simulation), 0)).toHaveLength(2);
  });

  it('24, 25: a request cancelled in Buildbot after a RETRY ends its task, claimed or not', async () => {
    for (const isTold of [true, false]) {
      simulation = new Simulation({ instances: ['tc-listener', 'bb-listener', 'reflector'] });
      await ended(simulation, 5);
      if (isTold) await tell(simulation, 'log_uploaded');
      simulation.farm.markComplete(request(simulation));
      await simulation.advance(120);
      expect(story()?.at(-1)).toBe('canceled');
    }
  });

  it('28: a process killed between the claim and its record leaves a claim that is kept', async () => {
    await building(simulation);
    const [listener] = simulation.of('bb-listener');
    listener!.gate.fault = { skip: 0, kind: 'kill', moment: 'after', effectsOnly: true };
    await tell(simulation, 'started');
    simulation.bus.clear();
    await simulation.advance(4000);
    expect(story()).toEqual(['running']);
  });

  it('29: a task whose cancellation fails is not forgotten', async () => {
    await requested(simulation);
    simulation.farm.markComplete(request(simulation));
    simulation.outage('taskcluster', 600);
    await simulation.advance(300);
    expect(simulation.rows.rows.size).toBe(1);
    await simulation.advance(600);
    expect(story()).toEqual(['canceled']);
    expect(simulation.rows.rows.size).toBe(0);
  });

  it('31: requests that no message names any more are claimed and resolved', async () => {
    simulation = new Simulation({ instances: ['tc-listener', 'bb-listener', 'reflector'], idLimit: 1 });
    await requested(simulation);
    await requested(simulation);
    begin(simulation);
    await tell(simulation, 'started');
    await simulation.advance(240);
    expect(simulation.taskIds.map((taskId) => story(taskId))).toEqual([['running'], ['running']]);
    end(simulation, 0);
    await tell(simulation, 'log_uploaded');
    await simulation.advance(700);
    expect(simulation.taskIds.map((taskId) => story(taskId))).toEqual([['completed'], ['completed']]);
  });

  it('34: a request whose cancellation came to nothing is cancelled again until it is', async () => {
    await requested(simulation);
    simulation.queue.cancelTask(theTask(simulation));
    await tell(simulation, 'task-exception');
    simulation.agent.jobs.length = 0;
    begin(simulation);
    await simulation.advance(120);
    while (simulation.agent.jobs.length > 0) simulation.agent.perform(0);
    expect(request(simulation).builds.at(-1)?.outcome).toBe(6);
  });

  it('42: a call that hangs keeps neither the pass nor other tasks', async () => {
    await running(simulation);
    await simulation.advance(700);
    const [reflector] = simulation.of('reflector');
    reflector!.gate.fault = { skip: 0, kind: 'hang', moment: 'before' };
    simulation.create({ revision: 'another' });
    simulation.bus.clear();
    await simulation.advance(180, 10);
    expect(simulation.farm.of(simulation.taskIds[1] ?? '')).toHaveLength(1);
    expect(story()).toEqual(['running']);
  });

  it('43: several reflectors share the passes', async () => {
    simulation = new Simulation({ instances: ['reflector', 'reflector', 'reflector'] });
    simulation.instances.forEach(({ gate }) => (gate.recording = true));
    await simulation.advance(3600, 1);
    const passes = simulation.instances.map(
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
    await ended(simulation, 5);
    const retry = newest(simulation, 'log_uploaded');
    const [, other] = simulation.masters;
    other?.pick();
    other?.begin();
    expect(request(simulation).builds.map(({ number }) => number)).toEqual([7, 7]);
    await tell(simulation, 'started');
    await simulation.advance(240);
    expect(story()).toEqual(['worker-shutdown', 'running']);
    other?.end(0);
    simulation.bus.duplicate(retry);
    await tell(simulation, 'log_uploaded');
    expect(story()).toEqual(['worker-shutdown', 'running']);
    other?.retire();
    await simulation.advance(30);
    expect(story()).toEqual(['worker-shutdown', 'completed']);
    expect(simulation.watch.violations).toEqual([]);
  });

  it('a reflector whose clock is 11 minutes behind finds an orphan in time', async () => {
    simulation = new Simulation({ instances: ['tc-listener', 'reflector'] });
    simulation.of('reflector').forEach(({ clock }) => (clock.skew = -660));
    await requested(simulation);
    simulation.restoreRows();
    simulation.queue.cancelTask(theTask(simulation));
    await simulation.advance(180);
    expect(simulation.agent.jobs[0]).toMatchObject({ action: 'cancel-request' });
  });

  it('a pass at an odd moment keeps the next one from its turn for no longer than 90 seconds', async () => {
    simulation = new Simulation({ instances: ['reflector', 'reflector'] });
    simulation.turns.taken.set('pass', simulation.now() + 45);
    const taskId = simulation.create();
    await simulation.advance(90, 1);
    expect(simulation.farm.openOf(taskId)).toHaveLength(1);
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
