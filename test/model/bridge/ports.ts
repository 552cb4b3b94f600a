import type { Buildbot, BuilderKnown, TaskQueue, TaskStore } from '@bbb/rules';
import type { SchedulerDb } from '@bbb/scheduler-db';
import type { SelfServe } from '@bbb/self-serve';
import type { BuilderList } from '../../../libs/buildbot/src/legacy/builder-list.js';
import { LegacyBuildbot } from '../../../libs/buildbot/src/legacy/legacy-buildbot.js';
import type { QueueState } from '../../../sandbox/taskcluster/index.js';
import type { Agent } from '../buildbot/agent.js';
import type { Farm } from '../buildbot/farm.js';
import type { Gate } from './gate.js';
import type { Locks } from '../buildbot/locks.js';
import { ModelQueue } from '../taskcluster/model-queue.js';
import { type ModelledSchedulerDb, ModelSchedulerDb } from '../buildbot/model-scheduler-db.js';
import { behindGate, type WatchedTaskStore } from './stores.js';
import { Seen, type Watch } from '../watch/watch.js';

/** The simulated systems that all processes of the bridge share. */
export interface Systems {
  readonly queue: QueueState;
  readonly farm: Farm;
  readonly agent: Agent;
  readonly locks: Locks;
  readonly watch: Watch;
  readonly rows: WatchedTaskStore;
}

export interface Ports {
  queue: TaskQueue;
  buildbot: Buildbot;
  store: TaskStore;
}

/** The ports of one process: every call passes its gate. */
export function openPorts({ queue, farm, agent, locks, watch, rows }: Systems, gate: Gate): Ports {
  const seen = new Seen();
  const accept = (action: 'cancel-build' | 'cancel-request') => (_branch: string, id: number) =>
    gate.call('self-serve', action, 'effect', () => {
      if (action === 'cancel-build') watch.stopped(id);
      return agent.accept(action, id);
    });
  const selfServe = { cancelBuild: accept('cancel-build'), cancelRequest: accept('cancel-request') };
  const builders = {
    knows: async (name: string): Promise<BuilderKnown> => (name === 'typo' ? 'unknown' : 'known'),
  };
  return {
    queue: new ModelQueue(queue, gate, watch, seen),
    buildbot: new LegacyBuildbot(
      new ModelSchedulerDb(farm, gate, locks, watch, seen) as ModelledSchedulerDb as SchedulerDb,
      selfServe as Pick<SelfServe, keyof typeof selfServe> as SelfServe,
      builders as Pick<BuilderList, 'knows'> as BuilderList,
    ),
    store: behindGate(rows, gate),
  };
}
