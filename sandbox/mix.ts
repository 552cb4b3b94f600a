import type { BuilderSetting, BuildPlan, PlannedRequest } from './buildbot/index.js';
import type { Call, Fault, TaskInput } from './taskcluster/index.js';
import type { SeenTask } from './seen.js';
import type { CommonSandbox } from './common-sandbox.js';

/** What a user does, and when. */
export interface UserAction {
  when(seen: SeenTask): boolean;
  act(sandbox: CommonSandbox, seen: SeenTask): unknown;
}

/** One kind of task, and how it is expected to end on both sides. */
export interface Scenario {
  name: string;
  /** Number of tasks created together; default 1. */
  size?: number;
  task?: (now: number) => Partial<TaskInput>;
  builder?: string;
  plan?: (request: PlannedRequest) => BuildPlan;
  user?: UserAction[];
  /** Whether its task may be created now; default always. */
  mayBegin?: () => boolean;
  /** Messages of Taskcluster that are lost, for example `task-pending`. */
  loses?: readonly string[];
  /** Faults of calls to Taskcluster about the task. */
  fault?: (call: Call) => Fault;
  /** As {@link SeenTask} words it. */
  taskcluster: string;
  buildbot: string;
}

/** Seconds that an ordinary build takes. */
const DURATION = 0.8;

const BRANCH = 'https://hg.example.com/projects/oak/';

/** `idle` has no worker, so its requests wait; `one at a time` makes requests meet and share a build. */
export const BUILDERS: BuilderSetting[] = [
  builder('Linux x86-64 oak build', 'oak-linux64'),
  builder('Linux x86-64 oak one at a time', 'oak-linux64-single', { workers: ['bld-single'], merge: true }),
  builder('Linux x86-64 oak idle', 'oak-linux64-idle', { workers: [] }),
  builder('release-oak-firefox_update', 'release-oak-firefox_update'),
  builder('alder-linux64', 'alder-linux64'),
];

function builder(name: string, shortname: string, more: Partial<BuilderSetting> = {}): BuilderSetting {
  const properties = { branch: 'projects/oak', platform: 'linux64', product: 'firefox' };
  return { name, shortname, properties, merge: false, ...more };
}

const isRunning = ({ taskState }: SeenTask) => taskState === 'running';
const isWaiting = ({ requests }: SeenTask) =>
  requests.some(({ complete, builds }) => !complete && builds.length === 0);
/** Of the second run, or of the first one where the master has died with the first build, which then never ends. */
const isSecondBuild = ({ taskcluster, requests }: SeenTask) => {
  const [first, second] = requests[0]?.builds ?? [];
  return second?.running === true && (taskcluster.includes('worker-shutdown') || first?.running === true);
};
const builds = (plan: BuildPlan) => () => ({ duration: DURATION, ...plan });

export const SCENARIOS: readonly Scenario[] = [
  { name: 'success', plan: builds({}), taskcluster: 'completed', buildbot: 'SUCCESS' },
  { name: 'warnings', plan: builds({ results: 1 }), taskcluster: 'failed', buildbot: 'WARNINGS' },
  { name: 'failure', plan: builds({ results: 2 }), taskcluster: 'failed', buildbot: 'FAILURE' },
  {
    name: 'exception',
    plan: builds({ results: 4 }),
    taskcluster: 'exception (malformed-payload)',
    buildbot: 'EXCEPTION',
  },
  {
    name: 'retry, then success',
    // Each build ends once the bridge has seen it: a RETRY that is over before the claim makes no second run, and a second
    // build that is over before the first one's end was handled ends the first run.
    plan: ({ attempt }) =>
      attempt === 0 ? { hold: true, results: 5 } : attempt === 1 ? { hold: true } : { duration: DURATION },
    user: [
      {
        when: isRunning,
        act: (sandbox, { requests }) => sandbox.finishBuild(requests[0]!.buildRequestId),
      },
      {
        when: (seen) => isRunning(seen) && isSecondBuild(seen),
        act: (sandbox, { requests }) => sandbox.finishBuild(requests[0]!.buildRequestId),
      },
    ],
    taskcluster: 'exception (worker-shutdown), completed',
    buildbot: 'SUCCESS after 2 builds',
  },
  {
    name: 'coalesced builds',
    size: 3,
    builder: 'Linux x86-64 oak one at a time',
    plan: builds({}),
    taskcluster: 'completed',
    buildbot: 'SUCCESS',
  },
  {
    name: 'cancelled in Taskcluster before the build',
    builder: 'Linux x86-64 oak idle',
    user: [{ when: isWaiting, act: (sandbox, { taskId }) => sandbox.taskcluster.cancel(taskId) }],
    taskcluster: 'exception (canceled)',
    buildbot: 'cancelled before start',
  },
  {
    name: 'cancelled in Taskcluster during the build',
    plan: () => ({ hold: true }),
    user: [{ when: isRunning, act: (sandbox, { taskId }) => sandbox.taskcluster.cancel(taskId) }],
    taskcluster: 'exception (canceled)',
    buildbot: 'CANCELLED',
  },
  {
    name: 'cancelled in Buildbot before the build',
    builder: 'Linux x86-64 oak idle',
    user: [
      {
        when: isWaiting,
        act: (sandbox, { requests }) => sandbox.cancelRequest(requests[0]!.buildRequestId),
      },
    ],
    taskcluster: 'exception (canceled)',
    buildbot: 'cancelled before start',
  },
  {
    name: 'cancelled in Buildbot during the build',
    plan: () => ({ hold: true, cancel: { after: DURATION } }),
    taskcluster: 'exception (canceled)',
    buildbot: 'CANCELLED',
  },
  {
    name: 'deadline passed',
    builder: 'Linux x86-64 oak idle',
    task: (now) => ({ deadline: new Date((now + 3) * 1000).toISOString() }),
    taskcluster: 'exception (deadline-exceeded)',
    buildbot: 'cancelled before start',
  },
  {
    name: 'malformed payload',
    task: () => ({
      payload: { buildername: 'Linux x86-64 oak build', sourcestamp: { branch: BRANCH }, properties: {} },
    }),
    taskcluster: 'exception (malformed-payload)',
    buildbot: 'no request',
  },
  {
    name: 'unauthorised builder',
    builder: 'release-oak-firefox_update',
    taskcluster: 'exception (malformed-payload)',
    buildbot: 'no request',
  },
  {
    name: 'authorised builder',
    builder: 'release-oak-firefox_update',
    task: () => ({ scopes: ['project:releng:buildbot-bridge:builder-name:release-oak-*'] }),
    plan: builds({}),
    taskcluster: 'completed',
    buildbot: 'SUCCESS',
  },
  { name: 'ignored builder', builder: 'alder-linux64', taskcluster: 'pending', buildbot: 'no request' },
  {
    name: 'rerun by a user',
    plan: ({ properties }) => ({
      duration: DURATION,
      results: properties.some(([name, value]) => name === 'createdForRunId' && value === 0) ? 2 : 0,
    }),
    user: [
      {
        when: ({ taskState }) => taskState === 'failed',
        act: (sandbox, { taskId }) => sandbox.taskcluster.rerun(taskId),
      },
    ],
    taskcluster: 'failed, completed',
    buildbot: 'FAILURE, SUCCESS',
  },
];

/** The task of a scenario. Tasks of one group share a revision, so that their requests may share a build. */
export function createTask(scenario: Scenario, group: number, now: number): Partial<TaskInput> {
  const revision = group.toString(16).padStart(40, '0');
  return {
    priority: 'medium',
    payload: {
      buildername: scenario.builder ?? 'Linux x86-64 oak build',
      sourcestamp: { branch: BRANCH, revision },
      properties: { product: 'firefox', scenario: scenario.name },
    },
    ...scenario.task?.(now),
  };
}

/** How the builds of a request go, as its scenario says. */
export function findPlan(scenarios: readonly Scenario[], request: PlannedRequest): BuildPlan {
  const name = request.properties.find(([key]) => key === 'scenario')?.[1];
  return scenarios.find((scenario) => scenario.name === name)?.plan?.(request) ?? {};
}

/** The scenario that a task was made for. */
export function findScenario(scenarios: readonly Scenario[], payload: unknown): Scenario | undefined {
  const name = (payload as { properties?: { scenario?: unknown } }).properties?.scenario;
  return scenarios.find((scenario) => scenario.name === name);
}
