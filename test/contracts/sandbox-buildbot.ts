import { SchedulerDb } from '@bbb/scheduler-db';
import { SelfServe } from '@bbb/self-serve';
import { BuilderList } from '../../libs/buildbot/src/legacy/builder-list.js';
import { LegacyBuildbot } from '../../libs/buildbot/src/legacy/legacy-buildbot.js';
import { allTheThings, SchedulerConnection } from '../../sandbox/buildbot/index.js';
import { LINUX } from '../../sandbox/buildbot/testing/bench.js';
import { ManualClock } from '../support/doubles/manual-clock.js';
import { SelfServeSimulator } from '../../sandbox/self-serve/index.js';
import type { DatabaseKind } from '../support/databases.js';
import { provideEmptyDatabase } from '../support/emptied-database.js';
import {
  installSchedulerSchema,
  type SchedulerEngine,
  type SchedulerVersion,
} from '../support/scheduler-schema.js';
import type { BuildbotHarness } from './buildbot.contract.js';
import { SandboxMaster } from './sandbox-master.js';

/** Seconds from Self Serve's acceptance of a job to its agent's work on it. */
const AGENT_DELAY = 2;

/**
 * The sandbox's Buildbot 0.8, on tables as real masters made them: its masters, Self Serve and builder list, seen
 * through the bridge's adapter.
 */
export async function sandboxBuildbot(
  kind: DatabaseKind,
  schema: SchedulerVersion,
  engine?: SchedulerEngine,
): Promise<BuildbotHarness & { master: SandboxMaster }> {
  const database = await provideEmptyDatabase(kind, `${schema} ${engine}`, (made) =>
    installSchedulerSchema(made, schema, { engine }),
  );
  const clock = new ManualClock();
  const connection = await SchedulerConnection.open(database.url);
  const common = { databaseUrl: database.url, schema, clock };
  const master = await SandboxMaster.start({ ...common, builder: LINUX }, connection);
  const selfServe = await SelfServeSimulator.start({
    ...common,
    masters: () => master.all,
    // The last component of the branch: its paths have no place for slashes.
    branches: ['ash'],
    builderList: () => allTheThings([LINUX]),
    agentDelay: AGENT_DELAY,
  });
  const opened: SchedulerDb[] = [];

  return {
    master,
    builders: { known: LINUX.name, unknown: 'Amiga build' },
    connect: () => {
      const schedulerDb = new SchedulerDb({ url: database.url, poolSize: 3, connectTimeout: 5 });
      opened.push(schedulerDb);
      return new LegacyBuildbot(
        schedulerDb,
        new SelfServe({ url: selfServe.url, user: 'bridge', timeout: 5, maxConnections: 10 }),
        new BuilderList({ url: selfServe.builderListUrl, refresh: 300, timeout: 5 }),
      );
    },
    cancellations: () =>
      selfServe.jobs.map(({ what: { bid, brid } }) =>
        bid === undefined ? { buildRequestId: brid! } : { buildId: bid },
      ),
    settleCancellations: async () => {
      clock.advance(AGENT_DELAY);
      await selfServe.step();
      await master.settle();
    },
    dispose: async () => {
      await Promise.all(opened.map((schedulerDb) => schedulerDb.close()));
      await selfServe.close();
      await master.close();
      await connection.close();
      await database.drop();
    },
  };
}
