import { createSchedulerSchema, SchedulerConnection, submitRequest } from '../buildbot/index.js';
import { BUILDERS } from '../mix.js';
import type { Stage, WrongSystem } from './fault.js';
import { RemovedRequests } from './removed-requests.js';

/** Both databases and the URL are named. */
const NAMES_SYSTEMS = /"taskcluster.rootUrl":.*"buildbot_scheduler_db":.*"bbb_db":/;

const DOUBTED = {
  health: ['missing-tasks', /tracked tasks are missing/],
  log: NAMES_SYSTEMS,
  isDoubted: true,
  stopsBuildbot: true,
} as const satisfies Partial<WrongSystem>;

const removing =
  (shareKept: number): WrongSystem['begin'] =>
  async ({ sandbox }: Stage) => {
    const requests = new RemovedRequests(sandbox.scheduler, sandbox.options.schema);
    await requests.remove(shareKept);
    return () => requests.restore();
  };

export const BUILDBOT_FAULTS: readonly WrongSystem[] = [
  {
    name: 'emptied-scheduler-db',
    summary: 'the scheduler database has lost all its build requests',
    begin: removing(0),
    ...DOUBTED,
  },
  {
    name: 'restored-scheduler-db',
    summary: 'the scheduler database is a backup in which most build requests do not exist yet',
    begin: removing(0.3),
    ...DOUBTED,
  },
  {
    name: 'lost-scheduler-db',
    summary: 'the scheduler database has lost all its build requests for good, and an operator confirms it',
    async begin(stage) {
      await removing(0)(stage);
      // The master has lost them, too.
      await stage.sandbox.master.kill();
      return async () => {
        await stage.bridge.runCommand('missing', 'confirm');
        await stage.sandbox.master.restart();
      };
    },
    ...DOUBTED,
    ends: {
      'goes on': { taskcluster: 'exception (internal-error)', buildbot: 'no request' },
      'cancelled meanwhile': { taskcluster: 'exception (canceled)', buildbot: 'no request' },
    },
  },
  {
    name: 'wrong-scheduler-db',
    summary: 'buildbot_scheduler_db names the database of another Buildbot, whose requests have the same ids',
    async begin({ sandbox, bridge, databases }) {
      const other = await databases.createAnother('other');
      const { schema } = sandbox.options;
      await createSchedulerSchema(other, schema);
      const connection = await SchedulerConnection.open(other);
      for (let count = 0; count < 40; count++) {
        await connection.transaction((statements) =>
          submitRequest(statements, schema, { buildername: BUILDERS[0]!.name, submittedAt: 1_500_000_000 }),
        );
      }
      await connection.close();
      await bridge.restart({ buildbot_scheduler_db: other });
      return () => bridge.restart();
    },
    ...DOUBTED,
    stopsBuildbot: false,
  },
  {
    name: 'no-scheduler-db',
    summary: "buildbot_scheduler_db names a database without Buildbot's tables",
    async begin({ bridge, databases }) {
      await bridge.restart({ buildbot_scheduler_db: await databases.createAnother('empty') });
      return () => bridge.restart();
    },
    health: ['scheduler-db', /./],
  },
  {
    name: 'self-serve-nonsense',
    summary: 'Self Serve answers 200 with a web page, and does nothing',
    async begin({ selfServe }) {
      selfServe.fault = ({ path }) =>
        path.startsWith('/builddata') ? undefined : { kind: 'answer', status: 200 };
      return async () => {
        selfServe.fault = undefined;
      };
    },
  },
  {
    name: 'no-builder-list',
    summary: 'the builder list is gone (404), and the services are started again',
    async begin({ bridge, selfServe }) {
      selfServe.fault = ({ path }) =>
        path.startsWith('/builddata') ? { kind: 'answer', status: 404 } : undefined;
      await bridge.restart();
      return async () => {
        selfServe.fault = undefined;
      };
    },
    health: ['builder-list', /./],
  },
  {
    name: 'empty-builder-list',
    summary: 'the builder list has no builders',
    async begin({ bridge, selfServe }) {
      selfServe.fault = ({ path }) =>
        path.startsWith('/builddata') ? { kind: 'answer', status: 200, body: '{"builders":{}}' } : undefined;
      await bridge.restart();
      return async () => {
        selfServe.fault = undefined;
      };
    },
    health: ['builder-list', /./],
  },
  {
    name: 'read-only-bridge-db',
    summary: "the bridge's own database takes no writes, as after a switch-over",
    needs: 'postgresql',
    async begin({ databases, sandbox }) {
      const setReadOnly = async (value: 'on' | 'off') => {
        const name = new URL(sandbox.options.bridgeDb).pathname.slice(1);
        await databases.administer?.([
          `ALTER DATABASE ${name} SET default_transaction_read_only = ${value}`,
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`,
        ]);
      };
      await setReadOnly('on');
      return () => setReadOnly('off');
    },
    health: ['bridge-db', /./],
  },
];
