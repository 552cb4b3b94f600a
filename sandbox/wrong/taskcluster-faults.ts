import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Fault, FaultHook } from '../taskcluster/index.js';
import type { Stage, WrongSystem } from './fault.js';

/** Seconds by which the machine's clock is off: more than half a claim. */
const CLOCK_OFFSET = 600;

const NOT_TASKCLUSTER = /rootUrl/;

/** While it lasts, every call to Taskcluster fares like this. */
function answering(fault: FaultHook): WrongSystem['begin'] {
  return async ({ sandbox }) => {
    const before = sandbox.taskcluster.faults;
    sandbox.taskcluster.faults = fault;
    return async () => {
      sandbox.taskcluster.faults = before;
    };
  };
}

/** The answers of a Taskcluster that has no task, in its own form. */
const EMPTY: Readonly<Record<string, Fault>> = {
  tasks: { reply: { tasks: [] } },
  statuses: { reply: { statuses: [] } },
  listPendingTasks: { reply: { tasks: [] } },
  listClaimedTasks: { reply: { tasks: [] } },
};

export const TASKCLUSTER_FAULTS: readonly WrongSystem[] = [
  {
    name: 'foreign-404',
    summary: 'a proxy answers 404 with a web page in the place of Taskcluster',
    begin: answering(() => ({ page: 404 })),
    health: ['taskcluster', NOT_TASKCLUSTER],
  },
  {
    name: 'foreign-200',
    summary: 'a proxy answers 200 with a web page in the place of Taskcluster',
    begin: answering(() => 'html'),
    health: ['taskcluster', NOT_TASKCLUSTER],
  },
  {
    name: 'wrong-root-url',
    summary: 'rootUrl names another web server, which answers 404 with JSON of its own',
    async begin({ sandbox, bridge }) {
      const server = createServer((_request, response) => {
        response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"not found"}');
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const rootUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      await bridge.restart({ taskcluster_queue_config: { ...sandbox.taskclusterSettings, rootUrl } });
      return async () => {
        await bridge.restart();
        server.closeAllConnections();
        server.close();
      };
    },
    health: ['taskcluster', NOT_TASKCLUSTER],
  },
  {
    name: 'emptied-taskcluster',
    summary: 'Taskcluster has lost all its tasks',
    begin: answering(({ method }) => EMPTY[method] ?? { status: 404 }),
    health: ['missing-tasks', /tracked tasks are missing/],
    log: /too many tracked tasks are missing at once/,
    isDoubted: true,
  },
  {
    name: 'wrong-task-queue',
    summary: 'provisioner_id and worker_type name another task queue',
    async begin({ bridge }) {
      const taskQueue = { provisioner_id: 'buildbot-bridge', worker_type: 'another-bridge' };
      await bridge.restart(taskQueue);
      return () => bridge.restart();
    },
  },
  {
    name: 'clock-behind',
    summary: "this machine's clock is ten minutes behind all others",
    clocksAhead: CLOCK_OFFSET,
    begin: async () => async () => undefined,
    health: ['taskcluster', /clock is \d+ s behind Taskcluster's/],
    log: /clock differs from Taskcluster's by over a minute/,
  },
  {
    name: 'clock-ahead',
    summary: "this machine's clock is ten minutes ahead of all others",
    clocksAhead: -CLOCK_OFFSET,
    begin: async () => async () => undefined,
    health: ['taskcluster', /clock is \d+ s ahead of Taskcluster's/],
    log: /clock differs from Taskcluster's by over a minute/,
  },
  {
    name: 'storage-outage',
    summary: 'the storage of artifacts answers 503',
    begin: (stage: Stage) => {
      const before = stage.sandbox.taskcluster.faults;
      return answering((call) => (call.method === 'putContent' ? { status: 503 } : before(call)))(stage);
    },
    log: /task waits for its artifacts/,
  },
];
