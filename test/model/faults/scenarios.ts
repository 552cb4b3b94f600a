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
import type { ModelWorld } from '../world.js';

const told = (queue: QueueName) => (world: ModelWorld, instance: Instance) =>
  world.deliver(newest(world, queue), instance);
/** Of several end messages the oldest one arrives. */
const toldFirst = (world: ModelWorld, instance: Instance) => {
  const message = world.bus.ready.find(({ subscription }) => subscription === 'log_uploaded');
  if (message) world.deliver(message, instance);
};
const passes = (world: ModelWorld, instance: Instance) => world.begin(instance.pass());

const pending = (name: string, prepare: Scenario['prepare']): Scenario => ({
  name: `task-pending: ${name}`,
  prepare,
  service: 'tc-listener',
  trigger: told('task-pending'),
});

const exception = (name: string, prepare: Scenario['prepare']): Scenario => ({
  name: `task-exception: ${name}`,
  prepare: async (world) => {
    await prepare(world);
    world.queue.cancelTask(theTask(world));
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
async function claimExpires(world: ModelWorld): Promise<void> {
  const [reflector] = world.of('reflector');
  reflector?.gate.pause();
  await world.advance(1300);
  reflector?.gate.resume();
  world.turns.taken.clear();
  await world.settle();
}

/** Time passes until the reflector's pass is due again, without the pass. */
async function later(world: ModelWorld, seconds: number): Promise<void> {
  const [reflector] = world.of('reflector');
  reflector?.gate.pause();
  await world.advance(seconds);
  reflector?.gate.resume();
  world.turns.taken.clear();
}

/** The master is killed, and starts again. */
async function restartMaster(world: ModelWorld): Promise<void> {
  await world.advance(100);
  world.masters[0]?.kill();
  world.masters[0]?.restart();
}

/** The reflector's next call of this name fails. */
function failNext(world: ModelWorld, name: string): void {
  for (const { gate } of world.of('reflector')) {
    gate.failWith = (call, moment) => {
      if (call.name !== name || moment !== 'before') return undefined;
      gate.failWith = undefined;
      return new Unavailable(call.system, 'a fault');
    };
  }
}

/** A process is killed in the midst of creating the request. */
async function cutOffAt(world: ModelWorld, skip: number): Promise<void> {
  world.create();
  const [listener] = world.of('tc-listener');
  if (!listener) throw new TypeError('no tc-listener');
  listener.gate.fault = { skip, moment: 'after', kind: 'kill', effectsOnly: true };
  await tell(world, 'task-pending');
  world.restart(listener);
}

export const SCENARIOS: readonly Scenario[] = [
  pending('good', async (world) => void world.create()),
  pending('malformed', async (world) => void world.create({ kind: 'malformed' })),
  pending('without the scope', async (world) => void world.create({ kind: 'forbidden' })),
  pending('unknown builder', async (world) => void world.create({ kind: 'unknown-builder' })),
  pending('after a process was killed before the request', (world) => cutOffAt(world, 0)),
  pending('after a process was killed before it recorded the request', (world) => cutOffAt(world, 1)),
  pending('rerun after the end', async (world) => {
    await ended(world, 2);
    await notice(world, 'log_uploaded');
    await later(world, 60);
    world.queue.rerunTask(theTask(world));
  }),
  pending('rerun while the cancelled request is open', async (world) => {
    await requested(world);
    world.queue.cancelTask(theTask(world));
    world.queue.rerunTask(theTask(world));
  }),
  pending('cancelled meanwhile', async (world) => {
    world.create();
    world.queue.cancelTask(theTask(world));
  }),
  {
    ...pending('cancelled while its request is created', async (world) => void world.create()),
    afterwards: (world) => void world.queue.cancelTask(theTask(world)),
  },
  {
    ...pending('given up while its process stands still before the lock', async (world) => {
      world.create();
      for (const { gate } of world.of('tc-listener'))
        gate.fault = { name: 'lock', skip: 0, moment: 'before', kind: 'pause' };
    }),
    kind: 'legacy',
    afterwards: (world) => {
      world.queue.cancelTask(theTask(world));
      for (const reflector of world.of('reflector'))
        world.begin(
          reflector.pass().then(() => world.of('tc-listener').forEach(({ gate }) => gate.resume())),
        );
    },
  },
  exception('while waiting', (world) => requested(world)),
  exception('while building, not claimed yet', (world) => building(world)),
  exception('while building', (world) => running(world)),
  exception('while the build is just ending', async (world) => {
    await running(world);
    world.masters[0]?.end(0);
  }),
  {
    ...exception('while its build is lost and another has its number', async (world) => {
      await running(world);
      await restartMaster(world);
      await requested(world, { revision: 'another' });
      begin(world, 1);
    }),
    kind: 'legacy',
  },
  exception('while requeued', (world) => ended(world, 5)),
  exception('with the creation cut off', (world) => cutOffAt(world, 0)),
  started('first build', (world) => building(world)),
  started('next build after a RETRY', async (world) => {
    await ended(world, 5);
    begin(world);
  }),
  started('next build after a RETRY, no retries left', async (world) => {
    await ended(world, 5, { retries: 0 });
    begin(world);
  }),
  started('of a cancelled task', async (world) => {
    await building(world);
    world.queue.cancelTask(theTask(world));
  }),
  ...[0, 1, 2, 3, 4, 5, 6].map((results) => uploaded(`results ${results}`, (world) => ended(world, results))),
  uploaded('RETRY without retries left', (world) => ended(world, 5, { retries: 0 })),
  uploaded('before its started message', async (world) => {
    await building(world);
    end(world, 0);
  }),
  uploaded('of a cancelled task', async (world) => {
    await ended(world, 0);
    world.queue.cancelTask(theTask(world));
  }),
  uploaded('after its claim expired', async (world) => {
    await ended(world, 0);
    await claimExpires(world);
  }),
  {
    ...uploaded('of a build that came to nothing', async (world) => {
      await running(world);
      world.masters[0]?.end(0);
      await restartMaster(world);
      begin(world);
      await tell(world, 'started');
      end(world, 2);
    }),
    trigger: toldFirst,
  },
  {
    ...uploaded('RETRY of the build before the one that runs', async (world) => {
      await ended(world, 5);
      begin(world);
      await tell(world, 'started');
      await world.advance(240);
    }),
    trigger: toldFirst,
  },
  {
    ...uploaded('of another master’s build of the same number', async (world) => {
      await running(world);
      world.masters[0]?.end(0);
      world.masters[0]?.kill();
      await world.advance(3700);
      const [, other] = world.masters;
      other?.pick();
      other?.begin();
      await tell(world, 'started');
      other?.end(2);
      other?.retire();
    }),
    trigger: toldFirst,
  },
  uploaded('of two tasks at once', async (world) => {
    await requested(world);
    await requested(world);
    begin(world);
    await tell(world, 'started');
    end(world, 0);
  }),
  pass('a pending task nobody was told of', async (world) => void world.create()),
  pass('a refused task nobody was told of', async (world) => void world.create({ kind: 'malformed' })),
  pass('a creation cut off before its request', (world) => cutOffAt(world, 0)),
  pass('a creation cut off before it was recorded', (world) => cutOffAt(world, 1)),
  pass('a creation cut off, its task cancelled', async (world) => {
    await cutOffAt(world, 1);
    world.queue.cancelTask(theTask(world));
  }),
  pass('a creation cut off before its request, its task cancelled', async (world) => {
    await cutOffAt(world, 0);
    world.queue.cancelTask(theTask(world));
  }),
  pass('a build nobody was told of', (world) => building(world)),
  pass('a claim that is due', async (world) => {
    await running(world);
    await later(world, 700);
  }),
  pass('a claim that has expired', async (world) => {
    await running(world);
    await claimExpires(world);
  }),
  pass('a claim that has expired for good', async (world) => {
    await running(world, { retries: 0 });
    await claimExpires(world);
  }),
  ...[0, 2, 4].map((results) =>
    pass(`a build ended with ${results} and nobody was told`, async (world) => {
      await ended(world, results);
      await later(world, 660);
    }),
  ),
  pass('a build ended after its claim had expired', async (world) => {
    await running(world);
    await claimExpires(world);
    end(world, 0);
    await later(world, 660);
  }),
  pass('a build ended after its claim had expired for good', async (world) => {
    await running(world, { retries: 0 });
    await claimExpires(world);
    end(world, 0);
    await later(world, 660);
  }),
  pass('RETRY nobody was told of', (world) => ended(world, 5)),
  pass('RETRY nobody was told of, no retries left', (world) => ended(world, 5, { retries: 0 })),
  pass('the next build after a RETRY', async (world) => {
    await ended(world, 5);
    begin(world);
  }),
  pass('a build begun anew after its master was killed', async (world) => {
    await running(world);
    world.masters[0]?.kill();
    world.masters[0]?.restart();
    begin(world);
  }),
  pass('a request cancelled in Buildbot', async (world) => {
    await requested(world);
    world.farm.markComplete(request(world));
  }),
  pass('a build cancelled in Buildbot', (world) => ended(world, 6)),
  pass('a requeued request cancelled in Buildbot', async (world) => {
    await ended(world, 5);
    world.farm.markComplete(request(world));
  }),
  pass('a cancelled task whose request waits', async (world) => {
    await requested(world);
    world.queue.cancelTask(theTask(world));
  }),
  pass('a cancelled task whose build runs', async (world) => {
    await running(world);
    world.queue.cancelTask(theTask(world));
  }),
  pass('a cancelled task whose build has ended', async (world) => {
    await ended(world, 0);
    world.queue.cancelTask(theTask(world));
  }),
  pass(
    'a task past its deadline whose build runs',
    async (world) => {
      await running(world, { deadline: 900 });
      await later(world, 1000);
    },
    { buildSeconds: 1500 },
  ),
  pass('a rerun while the cancelled build runs', async (world) => {
    await running(world);
    world.queue.cancelTask(theTask(world));
    world.queue.rerunTask(theTask(world));
  }),
  pass('rows lost while the request waits', async (world) => {
    await requested(world);
    world.restoreRows();
    await later(world, 120);
  }),
  pass('rows lost while the build runs', async (world) => {
    await running(world);
    world.restoreRows();
    await later(world, 120);
  }),
  pass('rows lost, the task cancelled', async (world) => {
    await running(world);
    world.restoreRows();
    world.queue.cancelTask(theTask(world));
    await later(world, 120);
  }),
  pass(
    'rows restored, of which one names a request that was dropped, and a batch that cannot be read',
    async (world) => {
      await requested(world);
      const rows = [...world.rows.rows.values()];
      world.farm.drop(request(world));
      await notice(world, 'started');
      world.restoreRows(rows);
      await later(world, 120);
      failNext(world, 'statuses');
    },
    { kind: 'modern' },
  ),
  pass(
    'a request that has vanished',
    async (world) => {
      await requested(world);
      world.restoreRequests();
    },
    { patience: 700 },
  ),
  pass(
    'a request that has vanished for long, of a pending task',
    async (world) => {
      await requested(world);
      world.restoreRequests();
      await world.advance(60);
      await later(world, 700);
    },
    { patience: 700 },
  ),
  pass(
    'a request that has vanished for long, of a running task',
    async (world) => {
      await running(world);
      world.restoreRequests();
      await world.advance(60);
      await later(world, 700);
    },
    { patience: 700 },
  ),
  {
    name: 'parked: log_uploaded before the request was complete',
    kind: 'legacy',
    prepare: async (world) => {
      await running(world);
      world.masters[0]?.end(0);
      await tell(world, 'log_uploaded');
      world.masters[0]?.retire();
      for (const kept of world.kept.kept.values()) kept.nextAttempt = world.now();
    },
    service: 'bb-listener',
    trigger: (world, instance) =>
      world.begin(instance.retryParked((kept, outcome) => world.answered(kept, outcome))),
  },
  {
    name: 'parked: task-pending while Taskcluster was away',
    prepare: async (world) => {
      world.create();
      world.outage('taskcluster', 30);
      await tell(world, 'task-pending');
      world.outages.clear();
      for (const kept of world.kept.kept.values()) kept.nextAttempt = world.now();
    },
    service: 'tc-listener',
    trigger: (world, instance) =>
      world.begin(instance.retryParked((kept, outcome) => world.answered(kept, outcome))),
  },
];
