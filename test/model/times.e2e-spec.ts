import { Logger } from '@nestjs/common';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { end, request, requested, running, theTask } from './faults/scenario.js';
import { Simulation } from './simulation.js';

beforeAll(() => Logger.overrideLogger(false));

/** Moments between two passes at which something may happen (seconds). */
const MOMENTS = Array.from({ length: 12 }, (_, index) => index * 5 + 1);

/** A simulation in which, from a moment on, nobody is told anything: the clock alone must do. */
async function silent(
  moment: number,
  prepare: (simulation: Simulation) => Promise<void>,
): Promise<Simulation> {
  const simulation = new Simulation({ instances: ['tc-listener', 'bb-listener', 'reflector', 'reflector'] });
  await prepare(simulation);
  await simulation.advance(60 + moment, 1);
  simulation.bus.clear();
  simulation.bus.isDeaf = true;
  return simulation;
}

/** Seconds until something is so; Self Serve's agent and the masters do at once what they are asked. */
async function secondsUntil(simulation: Simulation, isSo: () => boolean): Promise<number> {
  for (let seconds = 0; seconds < 3600; seconds++) {
    if (isSo()) return seconds;
    await simulation.advance(1, 1);
    while (simulation.agent.jobs.length > 0) simulation.agent.perform(0);
    simulation.masters.forEach((master) => master.retire());
  }
  return Infinity;
}

/** The longest that it took, whatever the moment. */
async function longest(measure: (moment: number) => Promise<number>): Promise<number> {
  let most = 0;
  for (const moment of MOMENTS) most = Math.max(most, await measure(moment));
  return most;
}

const ended = (simulation: Simulation) => simulation.statusOf(theTask(simulation))?.state === 'completed';

describe('without any message, and with default settings', () => {
  it('a pending task has its build request within 90 seconds', async () => {
    const most = await longest(async (moment) => {
      const simulation = await silent(moment, () => Promise.resolve());
      const taskId = simulation.create();
      return secondsUntil(simulation, () => simulation.farm.openOf(taskId).length === 1);
    });
    expect(most).toBeLessThanOrEqual(90);
    expect(most).toBeGreaterThan(30);
  });

  it('a pending task has it within 150 seconds although a reflector is killed in its turn', async () => {
    const most = await longest(async (moment) => {
      const simulation = await silent(moment, () => Promise.resolve());
      const taskId = simulation.create();
      for (const { gate } of simulation.of('reflector').slice(0, 1)) {
        gate.fault = { skip: 0, kind: 'kill', moment: 'after', effectsOnly: true };
      }
      return secondsUntil(simulation, () => simulation.farm.openOf(taskId).length === 1);
    });
    expect(most).toBeLessThanOrEqual(150);
  });

  it('a finished build’s task is resolved within 11 minutes', async () => {
    const most = await longest(async (moment) => {
      const simulation = await silent(moment, (it) => running(it));
      end(simulation, 0);
      return secondsUntil(simulation, () => ended(simulation));
    });
    expect(most).toBeLessThanOrEqual(660);
    expect(most).toBeGreaterThanOrEqual(600);
  });

  it.each(['waits', 'runs'])(
    'the build of a task cancelled in Taskcluster is stopped within 120 seconds: it %s',
    async (how) => {
      const most = await longest(async (moment) => {
        const simulation = await silent(moment, (it) => (how === 'waits' ? requested(it) : running(it)));
        simulation.queue.cancelTask(theTask(simulation));
        return secondsUntil(simulation, () => request(simulation).complete);
      });
      expect(most).toBeLessThanOrEqual(120);
      expect(most).toBeGreaterThan(30);
    },
  );

  it.each(['waits', 'runs'])(
    'the task of a build cancelled in Buildbot is resolved within 120 seconds: it %s',
    async (how) => {
      const most = await longest(async (moment) => {
        const simulation = await silent(moment, (it) => (how === 'waits' ? requested(it) : running(it)));
        if (how === 'waits') simulation.farm.markComplete(request(simulation));
        else end(simulation, 6);
        return secondsUntil(
          simulation,
          () => simulation.statusOf(theTask(simulation))?.runs.at(-1)?.reasonResolved === 'canceled',
        );
      });
      expect(most).toBeLessThanOrEqual(120);
      expect(most).toBeGreaterThan(30);
    },
  );
});
