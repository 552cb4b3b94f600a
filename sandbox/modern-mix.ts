import type { JsonValue } from '@bbb/rules';
import type { PlannedRequest } from './buildbot/index.js';
import { BUILDERS, createTask, type Scenario, SCENARIOS } from './mix.js';
import type { BuilderConfiguration, MasterConfiguration, RequestToBuild, StepPlan } from './modern/index.js';
import type { ModernSandbox } from './modern-sandbox.js';
import type { TaskInput } from './taskcluster/index.js';

/** Builds of one task, at most. */
const MOST_BUILDS = 3;

/** Seconds of a build that is to be seen while it runs; a simulated master holds it until it has been seen. */
const LONG = 8;

/** Where the master of the sandbox keeps the property that says how builds end. */
const PROPERTY = 'builds';

/** How one build of a task is to go; real masters read the same, see `modern/master.cfg`. */
interface OneBuild {
  seconds: number;
  results: number;
  hold: boolean;
}

/** What cannot be had on a master that somebody else runs. */
const SIMULATED_ONLY: readonly Scenario[] = [
  {
    name: 'collapsed by the master, created again',
    builder: 'Linux x86-64 oak idle',
    user: [
      {
        when: ({ requests }) => requests.length === 1 && !requests[0]!.complete,
        act: (sandbox, { requests }) => (sandbox as ModernSandbox).collapse(requests[0]!.buildRequestId),
      },
      {
        when: ({ requests }) => requests.length === 2 && !requests[1]!.complete,
        act: (sandbox, { taskId }) => sandbox.taskcluster.cancel(taskId),
      },
    ],
    taskcluster: 'exception (canceled)',
    buildbot: 'collapsed, cancelled before start',
  },
  {
    name: 'worker lost, then success',
    builder: 'Linux x86-64 oak fragile',
    plan: ({ attempt }) => (attempt === 0 ? { hold: true } : { duration: 0.8 }),
    user: [
      {
        when: ({ taskState }) => taskState === 'running',
        act: (sandbox) => (sandbox as ModernSandbox).loseWorker('fragile'),
      },
      {
        when: ({ taskcluster }) => taskcluster.includes('worker-shutdown'),
        act: (sandbox) => (sandbox as ModernSandbox).startWorker('fragile'),
      },
    ],
    taskcluster: 'exception (worker-shutdown), completed',
    buildbot: 'SUCCESS after 2 builds',
  },
];

/** What the kinds of Buildbot do differently. */
const CHANGES: Readonly<Record<string, Partial<Scenario>>> = {
  'cancelled in Buildbot during the build': {
    plan: () => ({ hold: true }),
    user: [
      {
        when: ({ taskState }) => taskState === 'running',
        act: (sandbox, { requests }) => sandbox.cancelRequest(requests[0]!.buildRequestId),
      },
    ],
  },
  'malformed payload': {
    task: () => ({
      payload: {
        buildername: 'Linux x86-64 oak build',
        sourcestamp: { branch: 'oak' },
        properties: { virtual_builder_name: 'another builder' },
      },
    }),
  },
};

/** The mix on a modern Buildbot. Each request has a build of its own there, so that none is coalesced. */
export function listModernScenarios(isSimulated: boolean): readonly Scenario[] {
  return [
    ...SCENARIOS.filter(({ size }) => size === undefined).map((one) => ({ ...one, ...CHANGES[one.name] })),
    ...(isSimulated ? SIMULATED_ONLY : []),
  ];
}

/** As {@link createTask}; the properties say how the builds are to go. */
export function createModernTask(scenario: Scenario, group: number, now: number): Partial<TaskInput> {
  const task = createTask(scenario, group, now);
  const payload = task.payload as { properties: Record<string, JsonValue> };
  const builds = Array.from({ length: MOST_BUILDS }, (_, index): JsonValue => ({
    ...planBuild(scenario, index),
  }));
  return { ...task, payload: { ...payload, properties: { [PROPERTY]: builds, ...payload.properties } } };
}

/** How a build goes, by the number of builds and runs before it. */
function planBuild(scenario: Scenario, index: number): OneBuild {
  const known = { attempt: index, properties: [['createdForRunId', index, 'bridge']] };
  const {
    duration = 0,
    results = 0,
    hold = false,
  } = scenario.plan?.(known as unknown as PlannedRequest) ?? {};
  return { seconds: hold ? LONG : duration, results, hold };
}

function planSteps({ properties, attempt }: RequestToBuild): StepPlan[] {
  const builds = (properties.get(PROPERTY)?.[0] ?? []) as unknown as OneBuild[];
  const run = Number(properties.get('createdForRunId')?.[0] ?? 0);
  const { seconds = 0, results = 0, hold = false } = builds[Math.min(run + attempt, builds.length - 1)] ?? {};
  return [
    { name: 'environment', output: 'HOME=/srv/worker\nbuilding\n' },
    {
      name: 'build',
      duration: seconds,
      results,
      hold,
      warnOnWarnings: true,
      properties: { product: 'firefox' },
    },
  ];
}

const WORKERS = ['worker-1', 'worker-2', 'worker-3', 'worker-4', 'worker-5', 'worker-6'];

/** The builders of the mix, on workers of which one may be quarantined after an EXCEPTION. */
export function configureModernMaster(): MasterConfiguration {
  const builder = (name: string, workers: readonly string[] = WORKERS): BuilderConfiguration => ({
    ...{ name, workers, collapseRequests: false, steps: planSteps },
  });
  return {
    builders: [
      ...BUILDERS.filter(({ merge }) => !merge).map(({ name, workers }) => builder(name, workers)),
      builder('Linux x86-64 oak fragile', ['fragile']),
    ],
    workers: [...WORKERS, 'fragile'].map((name) => ({ name, maxBuilds: 4 })),
    bridgeSchedulers: ['bridge'],
  };
}
