import { Unavailable } from '@bbb/rules';
import {
  begin,
  building,
  end,
  ended,
  newest,
  notice,
  request,
  requested,
  running,
  type Scenario,
  tell,
  theTask,
} from './scenario.js';
import type { QueueName } from '../bridge/bus.js';
import type { Instance } from '../bridge/instance.js';
import type { Simulation } from '../simulation.js';

const told = (queue: QueueName) => (simulation: Simulation, instance: Instance) =>
  simulation.deliver(newest(simulation, queue), instance);
/** Of several end messages the oldest one arrives. */
const toldFirst = (simulation: Simulation, instance: Instance) => {
  const message = simulation.bus.ready.find(({ subscription }) => subscription === 'log_uploaded');
  if (message) simulation.deliver(message, instance);
};
const passes = (simulation: Simulation, instance: Instance) => simulation.begin(instance.pass());

const pending = (name: string, prepare: Scenario['prepare']): Scenario => ({
  name: `task-pending: ${name}`,
  prepare,
  service: 'tc-listener',
  trigger: told('task-pending'),
});

const exception = (name: string, prepare: Scenario['prepare']): Scenario => ({
  name: `task-exception: ${name}`,
  prepare: async (simulation) => {
    await prepare(simulation);
    simulation.queue.cancelTask(theTask(simulation));
  },
  service: 'tc-listener',
  trigger: told('task-exception'),
});

const started = (name: string, prepare: Scenario['prepare']): Scenario => ({
  name: `started: ${name}`,
  kind: 'legacy',
  prepare,
  service: 'bb-listener',
  trigger: told('started'),
});

const uploaded = (name: string, prepare: Scenario['prepare']): Scenario => ({
  name: `log_uploaded: ${name}`,
  kind: 'legacy',
  prepare,
  service: 'bb-listener',
  trigger: told('log_uploaded'),
});

const pass = (name: string, prepare: Scenario['prepare'], more: Partial<Scenario> = {}): Scenario => ({
  name: `pass: ${name}`,
  prepare,
  service: 'reflector',
  trigger: passes,
  ...more,
});

/** Past the end of the claim, with no reflector at work. */
async function claimExpires(simulation: Simulation): Promise<void> {
  const [reflector] = simulation.of('reflector');
  reflector?.gate.pause();
  await simulation.advance(1300);
  reflector?.gate.resume();
  simulation.turns.taken.clear();
  await simulation.settle();
}

/** Time passes until the reflector's pass is due again, without the pass. */
async function later(simulation: Simulation, seconds: number): Promise<void> {
  const [reflector] = simulation.of('reflector');
  reflector?.gate.pause();
  await simulation.advance(seconds);
  reflector?.gate.resume();
  simulation.turns.taken.clear();
}

/** The master is killed, and starts again. */
async function restartMaster(simulation: Simulation): Promise<void> {
  await simulation.advance(100);
  simulation.masters[0]?.kill();
  simulation.masters[0]?.restart();
}

/** The reflector's next call of this name fails. */
function failNext(simulation: Simulation, name: string): void {
  for (const { gate } of simulation.of('reflector')) {
    gate.failWith = (call, moment) => {
      if (call.name !== name || moment !== 'before') return undefined;
      gate.failWith = undefined;
      return new Unavailable(call.system, 'a fault');
    };
  }
}

/** A process is killed in the midst of creating the request. */
async function cutOffAt(simulation: Simulation, skip: number): Promise<void> {
  simulation.create();
  const [listener] = simulation.of('tc-listener');
  if (!listener) throw new TypeError('no tc-listener');
  listener.gate.fault = { skip, moment: 'after', kind: 'kill', effectsOnly: true };
  await tell(simulation, 'task-pending');
  simulation.restart(listener);
}

export const SCENARIOS: readonly Scenario[] = [
  pending('good', async (simulation) => void simulation.create()),
  pending('malformed', async (simulation) => void simulation.create({ kind: 'malformed' })),
  pending('without the scope', async (simulation) => void simulation.create({ kind: 'forbidden' })),
  pending('unknown builder', async (simulation) => void simulation.create({ kind: 'unknown-builder' })),
  pending('after a process was killed before the request', (simulation) => cutOffAt(simulation, 0)),
  pending('after a process was killed before it recorded the request', (simulation) =>
    cutOffAt(simulation, 1),
  ),
  pending('rerun after the end', async (simulation) => {
    await ended(simulation, 2);
    await notice(simulation, 'log_uploaded');
    await later(simulation, 60);
    simulation.queue.rerunTask(theTask(simulation));
  }),
  pending('rerun while the cancelled request is open', async (simulation) => {
    await requested(simulation);
    simulation.queue.cancelTask(theTask(simulation));
    simulation.queue.rerunTask(theTask(simulation));
  }),
  pending('cancelled meanwhile', async (simulation) => {
    simulation.create();
    simulation.queue.cancelTask(theTask(simulation));
  }),
  {
    ...pending('cancelled while its request is created', async (simulation) => void simulation.create()),
    afterwards: (simulation) => void simulation.queue.cancelTask(theTask(simulation)),
  },
  {
    ...pending('given up while its process stands still before the lock', async (simulation) => {
      simulation.create();
      for (const { gate } of simulation.of('tc-listener'))
        gate.fault = { name: 'lock', skip: 0, moment: 'before', kind: 'pause' };
    }),
    kind: 'legacy',
    afterwards: (simulation) => {
      simulation.queue.cancelTask(theTask(simulation));
      for (const reflector of simulation.of('reflector'))
        simulation.begin(
          reflector.pass().then(() => simulation.of('tc-listener').forEach(({ gate }) => gate.resume())),
        );
    },
  },
  exception('while waiting', (simulation) => requested(simulation)),
  exception('while building, not claimed yet', (simulation) => building(simulation)),
  exception('while building', (simulation) => running(simulation)),
  exception('while the build is just ending', async (simulation) => {
    await running(simulation);
    simulation.masters[0]?.end(0);
  }),
  {
    ...exception('while its build is lost and another has its number', async (simulation) => {
      await running(simulation);
      await restartMaster(simulation);
      await requested(simulation, { revision: 'another' });
      begin(simulation, 1);
    }),
    kind: 'legacy',
  },
  exception('while requeued', (simulation) => ended(simulation, 5)),
  exception('with the creation cut off', (simulation) => cutOffAt(simulation, 0)),
  started('first build', (simulation) => building(simulation)),
  started('next build after a RETRY', async (simulation) => {
    await ended(simulation, 5);
    begin(simulation);
  }),
  started('next build after a RETRY, no retries left', async (simulation) => {
    await ended(simulation, 5, { retries: 0 });
    begin(simulation);
  }),
  started('of a cancelled task', async (simulation) => {
    await building(simulation);
    simulation.queue.cancelTask(theTask(simulation));
  }),
  ...[0, 1, 2, 3, 4, 5, 6].map((results) =>
    uploaded(`results ${results}`, (simulation) => ended(simulation, results)),
  ),
  uploaded('RETRY without retries left', (simulation) => ended(simulation, 5, { retries: 0 })),
  uploaded('before its started message', async (simulation) => {
    await building(simulation);
    end(simulation, 0);
  }),
  uploaded('of a cancelled task', async (simulation) => {
    await ended(simulation, 0);
    simulation.queue.cancelTask(theTask(simulation));
  }),
  uploaded('after its claim expired', async (simulation) => {
    await ended(simulation, 0);
    await claimExpires(simulation);
  }),
  {
    ...uploaded('of a build that came to nothing', async (simulation) => {
      await running(simulation);
      simulation.masters[0]?.end(0);
      await restartMaster(simulation);
      begin(simulation);
      await tell(simulation, 'started');
      end(simulation, 2);
    }),
    trigger: toldFirst,
  },
  {
    ...uploaded('RETRY of the build before the one that runs', async (simulation) => {
      await ended(simulation, 5);
      begin(simulation);
      await tell(simulation, 'started');
      await simulation.advance(240);
    }),
    trigger: toldFirst,
  },
  {
    ...uploaded('of another master’s build of the same number', async (simulation) => {
      await running(simulation);
      simulation.masters[0]?.end(0);
      simulation.masters[0]?.kill();
      await simulation.advance(3700);
      const [, other] = simulation.masters;
      other?.pick();
      other?.begin();
      await tell(simulation, 'started');
      other?.end(2);
      other?.retire();
    }),
    trigger: toldFirst,
  },
  uploaded('of two tasks at once', async (simulation) => {
    await requested(simulation);
    await requested(simulation);
    begin(simulation);
    await tell(simulation, 'started');
    end(simulation, 0);
  }),
  pass('a pending task nobody was told of', async (simulation) => void simulation.create()),
  pass(
    'a refused task nobody was told of',
    async (simulation) => void simulation.create({ kind: 'malformed' }),
  ),
  pass('a creation cut off before its request', (simulation) => cutOffAt(simulation, 0)),
  pass('a creation cut off before it was recorded', (simulation) => cutOffAt(simulation, 1)),
  pass('a creation cut off, its task cancelled', async (simulation) => {
    await cutOffAt(simulation, 1);
    simulation.queue.cancelTask(theTask(simulation));
  }),
  pass('a creation cut off before its request, its task cancelled', async (simulation) => {
    await cutOffAt(simulation, 0);
    simulation.queue.cancelTask(theTask(simulation));
  }),
  pass('a build nobody was told of', (simulation) => building(simulation)),
  pass('a claim that is due', async (simulation) => {
    await running(simulation);
    await later(simulation, 700);
  }),
  pass('a claim that has expired', async (simulation) => {
    await running(simulation);
    await claimExpires(simulation);
  }),
  pass('a claim that has expired for good', async (simulation) => {
    await running(simulation, { retries: 0 });
    await claimExpires(simulation);
  }),
  ...[0, 2, 4].map((results) =>
    pass(`a build ended with ${results} and nobody was told`, async (simulation) => {
      await ended(simulation, results);
      await later(simulation, 660);
    }),
  ),
  pass('a build ended after its claim had expired', async (simulation) => {
    await running(simulation);
    await claimExpires(simulation);
    end(simulation, 0);
    await later(simulation, 660);
  }),
  pass('a build ended after its claim had expired for good', async (simulation) => {
    await running(simulation, { retries: 0 });
    await claimExpires(simulation);
    end(simulation, 0);
    await later(simulation, 660);
  }),
  pass('RETRY nobody was told of', (simulation) => ended(simulation, 5)),
  pass('RETRY nobody was told of, no retries left', (simulation) => ended(simulation, 5, { retries: 0 })),
  pass('the next build after a RETRY', async (simulation) => {
    await ended(simulation, 5);
    begin(simulation);
  }),
  pass('a build begun anew after its master was killed', async (simulation) => {
    await running(simulation);
    simulation.masters[0]?.kill();
    simulation.masters[0]?.restart();
    begin(simulation);
  }),
  pass('a request cancelled in Buildbot', async (simulation) => {
    await requested(simulation);
    simulation.farm.markComplete(request(simulation));
  }),
  pass('a build cancelled in Buildbot', (simulation) => ended(simulation, 6)),
  pass('a requeued request cancelled in Buildbot', async (simulation) => {
    await ended(simulation, 5);
    simulation.farm.markComplete(request(simulation));
  }),
  pass('a cancelled task whose request waits', async (simulation) => {
    await requested(simulation);
    simulation.queue.cancelTask(theTask(simulation));
  }),
  pass('a cancelled task whose build runs', async (simulation) => {
    await running(simulation);
    simulation.queue.cancelTask(theTask(simulation));
  }),
  pass('a cancelled task whose build has ended', async (simulation) => {
    await ended(simulation, 0);
    simulation.queue.cancelTask(theTask(simulation));
  }),
  pass(
    'a task past its deadline whose build runs',
    async (simulation) => {
      await running(simulation, { deadline: 900 });
      await later(simulation, 1000);
    },
    { buildSeconds: 1500 },
  ),
  pass('a rerun while the cancelled build runs', async (simulation) => {
    await running(simulation);
    simulation.queue.cancelTask(theTask(simulation));
    simulation.queue.rerunTask(theTask(simulation));
  }),
  pass('rows lost while the request waits', async (simulation) => {
    await requested(simulation);
    simulation.restoreRows();
    await later(simulation, 120);
  }),
  pass('rows lost while the build runs', async (simulation) => {
    await running(simulation);
    simulation.restoreRows();
    await later(simulation, 120);
  }),
  pass('rows lost, the task cancelled', async (simulation) => {
    await running(simulation);
    simulation.restoreRows();
    simulation.queue.cancelTask(theTask(simulation));
    await later(simulation, 120);
  }),
  pass(
    'rows restored, of which one names a request that was dropped, and a batch that cannot be read',
    async (simulation) => {
      await requested(simulation);
      const rows = [...simulation.rows.rows.values()];
      simulation.farm.drop(request(simulation));
      await notice(simulation, 'started');
      simulation.restoreRows(rows);
      await later(simulation, 120);
      failNext(simulation, 'statuses');
    },
    { kind: 'modern' },
  ),
  pass(
    'a request that has vanished',
    async (simulation) => {
      await requested(simulation);
      simulation.restoreRequests();
    },
    { patience: 700 },
  ),
  pass(
    'a request that has vanished for long, of a pending task',
    async (simulation) => {
      await requested(simulation);
      simulation.restoreRequests();
      await simulation.advance(60);
      await later(simulation, 700);
    },
    { patience: 700 },
  ),
  pass(
    'a request that has vanished for long, of a running task',
    async (simulation) => {
      await running(simulation);
      simulation.restoreRequests();
      await simulation.advance(60);
      await later(simulation, 700);
    },
    { patience: 700 },
  ),
  {
    name: 'parked: log_uploaded before the request was complete',
    kind: 'legacy',
    prepare: async (simulation) => {
      await running(simulation);
      simulation.masters[0]?.end(0);
      await tell(simulation, 'log_uploaded');
      simulation.masters[0]?.retire();
      for (const kept of simulation.kept.kept.values()) kept.nextAttempt = simulation.now();
    },
    service: 'bb-listener',
    trigger: (simulation, instance) =>
      simulation.begin(instance.retryParked((kept, outcome) => simulation.answered(kept, outcome))),
  },
  {
    name: 'parked: task-pending while Taskcluster was away',
    prepare: async (simulation) => {
      simulation.create();
      simulation.outage('taskcluster', 30);
      await tell(simulation, 'task-pending');
      simulation.outages.clear();
      for (const kept of simulation.kept.kept.values()) kept.nextAttempt = simulation.now();
    },
    service: 'tc-listener',
    trigger: (simulation, instance) =>
      simulation.begin(instance.retryParked((kept, outcome) => simulation.answered(kept, outcome))),
  },
];
