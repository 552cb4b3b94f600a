import type { Buildbot, BuilderKnown, TaskQueue, TaskStore } from '@bbb/rules';
import type { SchedulerDb } from '@bbb/scheduler-db';
import type { SelfServe } from '@bbb/self-serve';
import type { BuilderList } from '../../../libs/buildbot/src/legacy/builder-list.js';
import { ModernBuildbot } from '../../../libs/buildbot/src/modern/modern-buildbot.js';
import { BuildbotMasters } from '../../../libs/modern-buildbot/src/buildbot-masters.js';
import type { RestClient } from '../../../libs/modern-buildbot/src/rest/rest-client.js';
import { LegacyBuildbot } from '../../../libs/buildbot/src/legacy/legacy-buildbot.js';
import type { QueueState } from '../../../sandbox/taskcluster/index.js';
import type { Agent } from '../buildbot/agent.js';
import type { Farm } from '../buildbot/farm.js';
import type { Gate } from './gate.js';
import type { Locks } from '../buildbot/locks.js';
import type { Master } from '../buildbot/master.js';
import { ModelRest } from '../buildbot/model-rest.js';
import type { ModernMaster } from '../buildbot/modern-master.js';
import { ModelQueue } from '../taskcluster/model-queue.js';
import { type ModelledSchedulerDb, ModelSchedulerDb } from '../buildbot/model-scheduler-db.js';
import { behindGate, type WatchedTaskStore } from './stores.js';
import { Seen, type Watch } from '../watch/watch.js';

/** The simulated systems that all processes of the bridge share. */
export interface Systems {
  readonly queue: QueueState;
  readonly farm: Farm;
  readonly agent: Agent;
  readonly masters: readonly Master[];
  readonly locks: Locks;
  readonly watch: Watch;
  readonly rows: WatchedTaskStore;
}

export interface Ports {
  queue: TaskQueue;
  buildbot: Buildbot;
  store: TaskStore;
}

/**
 * The ports of one process: every call passes its gate.
 *
 * @param trustsNumbers never tells that a build's number has been given again
 */
export function openPorts(systems: Systems, gate: Gate, trustsNumbers = false): Ports {
  const { queue, farm, watch, rows } = systems;
  const seen = new Seen(() => farm.now());
  return {
    queue: new ModelQueue(queue, gate, watch, seen),
    buildbot:
      farm.kind === 'legacy'
        ? legacyBuildbot(systems, gate, seen, trustsNumbers)
        : modernBuildbot(systems, gate, seen),
    store: behindGate(rows, gate),
  };
}

function legacyBuildbot(
  { farm, agent, locks, watch }: Systems,
  gate: Gate,
  seen: Seen,
  trustsNumbers: boolean,
): Buildbot {
  const accept = (action: 'cancel-build' | 'cancel-request') => (_branch: string, id: number) =>
    gate.call('self-serve', action, 'effect', () => {
      if (action === 'cancel-build') watch.stopped(id, seen);
      else watch.cancelled(id, seen);
      return agent.accept(action, id);
    });
  const selfServe = { cancelBuild: accept('cancel-build'), cancelRequest: accept('cancel-request') };
  const builders = {
    knows: async (name: string): Promise<BuilderKnown> => (name === 'typo' ? 'unknown' : 'known'),
  };
  return new LegacyBuildbot(
    new ModelSchedulerDb(farm, gate, locks, watch, seen, trustsNumbers) as ModelledSchedulerDb as SchedulerDb,
    selfServe as Pick<SelfServe, keyof typeof selfServe> as SelfServe,
    builders as Pick<BuilderList, 'knows'> as BuilderList,
  );
}

/** The real client, with the model's masters in the place of its HTTP connections. */
function modernBuildbot({ farm, agent, masters, watch }: Systems, gate: Gate, seen: Seen): Buildbot {
  const modern = masters as readonly ModernMaster[];
  const [main, ...others] = modern.map(({ name }) => name);
  const options = {
    ...{ url: main!, masters: Object.fromEntries(others.map((name) => [name, name])) },
    ...{
      user: 'bridge',
      password: 'secret',
      scheduler: 'bridge',
      timeout: 30,
      maxConnections: 10,
      unknownGrace: 0,
    },
  };
  const connect = (name: string) => {
    const master = modern.find((each) => each.name === name)!;
    return new ModelRest(master, modern, farm, agent, gate, watch, seen) as unknown as RestClient;
  };
  return new ModernBuildbot(new BuildbotMasters(options, connect, () => farm.now()));
}
