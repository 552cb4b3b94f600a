import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BUILDERS, SCENARIOS, type Scenario } from '../sandbox/mix.js';
import type { Sandbox } from '../sandbox/sandbox.js';
import { type Actor, play } from '../sandbox/story.js';
import { isFull } from './support/campaign.js';
import { isUsable } from './support/databases.js';
import { readCreatedRows, type CreatedRows } from './support/created-rows.js';
import {
  openSandboxedBridge,
  type SandboxedBridge,
  type SandboxedBridgeOptions,
} from './support/sandboxed-bridge.js';
import { COMPILATION_LIMIT } from './support/project.js';
import { describeEach, isReachable } from './support/servers.js';

const BRANCH = 'projects/oak';

/** The rows of a waiting request, before any master or agent has touched them. */
const untouched = new Map<string, CreatedRows>();

const [IDLE] = BUILDERS.filter(({ workers }) => workers?.length === 0);

/** Ways through the bridge beyond the mix. */
const URGENT: Scenario = {
  name: 'priority high, looked at while it waits',
  builder: IDLE!.name,
  task: () => ({ priority: 'high' }),
  user: [
    {
      when: ({ requests }) => requests.length > 0,
      act: async (sandbox, { taskId, requests }) => {
        untouched.set(taskId, await readCreatedRows(sandbox as Sandbox, requests[0]!.buildRequestId));
        sandbox.taskcluster.cancel(taskId);
      },
    },
  ],
  taskcluster: 'exception (canceled)',
  buildbot: 'cancelled before start',
};

const MIX = [...SCENARIOS, URGENT];

/** Each scenario once, with all the tasks that belong together in it. */
const castOf = (scenarios: readonly Scenario[]) =>
  scenarios.map((scenario) => Array.from({ length: scenario.size ?? 1 }, () => scenario));

/** Opens a sandbox, plays the scenarios in it and stops its services, all before the first test. */
function played(options: SandboxedBridgeOptions, scenarios: readonly Scenario[], patience = 90) {
  let bridge: SandboxedBridge | undefined;
  let actors: Actor[] = [];
  beforeAll(async () => {
    bridge = await openSandboxedBridge({ ...options, scenarios });
    actors = await play(bridge.sandbox, castOf(scenarios), () => undefined, patience);
    await bridge.stopServices();
  }, COMPILATION_LIMIT);
  afterAll(() => bridge?.close());
  return {
    get sandbox() {
      return bridge!.sandbox;
    },
    /** The tasks of a scenario. */
    of: (name: string) => {
      const found = actors.filter(({ scenario }) => scenario.name === name);
      if (found.length === 0) throw new Error(`no task of ${name}`);
      return found as (Actor & Required<Pick<Actor, 'seen'>>)[];
    },
  };
}

type Story = ReturnType<typeof played>;

/** What the log of a build says about it to Taskcluster. */
function listAttached({ sandbox }: Story, taskId: string, runId = 0) {
  const artifacts = sandbox.taskcluster.artifactsOf(taskId, runId);
  return new Map(artifacts.map((artifact) => [artifact.name, artifact]));
}

function endsOnBothSides(story: Story, scenarios: readonly Scenario[]) {
  it.each(scenarios.map((scenario) => [scenario.name, scenario] as const))('%s', (name, scenario) => {
    for (const { seen } of story.of(name)) {
      expect({ taskcluster: seen.taskcluster, buildbot: seen.buildbot }).toEqual({
        taskcluster: scenario.taskcluster,
        buildbot: scenario.buildbot,
      });
    }
  });
}

function leavesNothing(story: Story) {
  it('leaves no row, no kept message and nothing in a queue', async () => {
    expect({
      ...(await story.sandbox.countRowsLeft()),
      queued: await story.sandbox.countMessagesLeft(),
    }).toEqual({
      tasks: 0,
      messages: 0,
      queued: 0,
    });
  });
}

const SANDBOXES: [string, SandboxedBridgeOptions][] = [
  ['in one process, on SQLite', { database: 'sqlite', services: 'in process' }],
  [
    'as processes, on RabbitMQ and MariaDB with schema 6',
    { database: 'mysql', services: 'processes', schema: 6 },
  ],
  [
    'as processes, on RabbitMQ and PostgreSQL with schema 24',
    { database: 'postgres', services: 'processes', schema: 24 },
  ],
];

const isPossible = (_: string, { services, database }: SandboxedBridgeOptions) =>
  (services === 'in process' || isReachable('rabbitmq')) && isUsable(database);

/** One in the usual run: with the servers, if they are there. */
const [IN_PROCESS, PROCESSES] = SANDBOXES;
const USUAL = isPossible(...PROCESSES!) ? PROCESSES! : IN_PROCESS!;

describeEach(isFull ? SANDBOXES : [USUAL], isPossible)('the mix %s', (_name, options) => {
  const story = played(options, MIX);

  describe('comes to its end on both sides:', () => endsOnBothSides(story, MIX));
  leavesNothing(story);

  it('claims each run once, and again only where another service needs credentials for it', () => {
    // A refused claim announces nothing.
    const claims = story.sandbox.taskcluster.calls.of('claimTask').filter(({ status }) => status === 200);
    const counts = new Map<string, number>();
    for (const { taskId, runId } of claims) {
      const run = `${taskId}/${runId}`;
      counts.set(run, (counts.get(run) ?? 0) + 1);
    }
    expect(counts.size).toBeGreaterThan(0);
    expect(Math.max(...counts.values())).toBeLessThanOrEqual(2);
  });

  it('attaches the artifacts of a build that ended in RETRY to its own run', () => {
    const [{ taskId }] = story.of('retry, then success') as [Actor];
    const findUrl = (runId: number) =>
      listAttached(story, taskId, runId).get('public/logs/live_backing.log.gz')?.url;
    expect(listAttached(story, taskId, 0).has('public/properties.json')).toBe(true);
    expect(findUrl(0)).toBeDefined();
    expect(findUrl(0)).not.toBe(findUrl(1));
  });

  it('attaches the properties of the build and the address of its log, for as long as the task lives', () => {
    const [{ taskId }] = story.of('success') as [Actor];
    const { expires } = story.sandbox.taskcluster.state.task(taskId);
    const artifacts = listAttached(story, taskId);
    expect([...artifacts.keys()].sort()).toEqual([
      'public/logs/live_backing.log.gz',
      'public/properties.json',
    ]);

    const file = artifacts.get('public/properties.json')!;
    expect(file).toMatchObject({ storageType: 's3', contentType: 'application/json', expires });
    const properties = JSON.parse(file.content!.toString()) as Record<string, unknown>;
    expect(properties).toMatchObject({
      taskId: [taskId, 'bbb'],
      scenario: ['success', 'bbb'],
      buildername: ['Linux x86-64 oak build', expect.any(String)],
      log_url: [expect.stringMatching(/^http/), 'postrun.py'],
    });
    expect(artifacts.get('public/logs/live_backing.log.gz')).toMatchObject({
      storageType: 'reference',
      contentType: 'application/gzip',
      url: (properties.log_url as [string])[0],
      expires,
    });
  });

  it('resolves every task of a coalesced build, each with the artifacts', () => {
    const tasks = story.of('coalesced builds');
    const numbers = tasks.map(({ seen }) =>
      seen.requests.map(({ builds }) => builds.map(({ number }) => number)),
    );
    // The three requests may meet in one build or in two, depending on when the builder looks.
    expect(new Set(numbers.flat(2)).size).toBeLessThan(tasks.length);
    for (const { taskId } of tasks) expect(listAttached(story, taskId).size).toBe(2);
  });

  it('writes the rows of a request as masters and other systems read them', () => {
    const [{ taskId }] = story.of(URGENT.name) as [Actor];
    const { runs } = story.sandbox.taskcluster.state.status(taskId);
    const submittedAt = Math.floor(Date.parse(runs[0]!.scheduled) / 1000);
    const rows = untouched.get(taskId)!;
    expect(rows).toEqual({
      buildset: {
        reason: `Created by BBB for task ${taskId}`,
        external_idstring: `taskId:${taskId}`,
        submitted_at: submittedAt,
        complete: 0,
        results: null,
      },
      sourcestamp: {
        branch: BRANCH,
        revision: expect.stringMatching(/^0{38}/),
        repository: '',
        project: '',
      },
      properties: {
        product: ['firefox', 'bbb'],
        scenario: [URGENT.name, 'bbb'],
        taskId: [taskId, 'bbb'],
        createdForRunId: [0, 'bbb'],
      },
      request: {
        buildername: IDLE!.name,
        submitted_at: submittedAt,
        priority: 1,
        complete: 0,
        results: null,
        // In schema 24 a claim is a row of its own.
        ...(options.schema === 24 ? {} : { claimed_at: 0, claimed_by_name: null }),
      },
      claims: 0,
    });
  });

  it('gives every other request the ordinary priority', async () => {
    const [{ seen }] = story.of('success') as [Required<Actor>];
    const { request } = await readCreatedRows(story.sandbox, seen.requests[0]!.buildRequestId);
    expect(request.priority).toBe(0);
  });
});

/** The bridge is told nothing, or too late, or cannot do all it should. */
const TROUBLE: readonly Scenario[] = [
  {
    name: 'the upload of an artifact fails',
    plan: () => ({ duration: 0.5 }),
    fault: ({ method }) => (method === 'putContent' ? { status: 403 } : 'pass'),
    taskcluster: 'completed',
    buildbot: 'SUCCESS',
  },
  {
    name: 'no artifact can be created',
    plan: () => ({ duration: 0.5, results: 2 }),
    fault: ({ method }) => (method === 'createArtifact' ? { status: 500 } : 'pass'),
    taskcluster: 'failed',
    buildbot: 'FAILURE',
  },
  {
    name: 'log_uploaded is lost',
    plan: () => ({ duration: 0.5, messages: { log_uploaded: { lost: true } } }),
    taskcluster: 'completed',
    buildbot: 'SUCCESS',
  },
  {
    name: 'task-pending is lost',
    loses: ['task-pending'],
    plan: () => ({ duration: 0.5 }),
    taskcluster: 'completed',
    buildbot: 'SUCCESS',
  },
  {
    name: 'task-exception is lost',
    builder: IDLE!.name,
    loses: ['task-exception'],
    user: [
      {
        when: ({ requests }) => requests.length > 0,
        act: (sandbox, { taskId }) => sandbox.taskcluster.cancel(taskId),
      },
    ],
    taskcluster: 'exception (canceled)',
    buildbot: 'cancelled before start',
  },
  {
    name: 'started is lost',
    plan: () => ({ duration: 5, messages: { started: { lost: true } } }),
    taskcluster: 'completed',
    buildbot: 'SUCCESS',
  },
  {
    name: 'every message of the build is lost',
    plan: () => ({ duration: 0.5, messages: { started: { lost: true }, log_uploaded: { lost: true } } }),
    taskcluster: 'completed',
    buildbot: 'SUCCESS',
  },
  {
    name: 'every message comes twice',
    plan: () => ({ duration: 0.5, messages: { started: { copies: 2 }, log_uploaded: { copies: 2 } } }),
    taskcluster: 'completed',
    buildbot: 'SUCCESS',
  },
  {
    name: 'started comes after the end',
    plan: () => ({ duration: 0.3, messages: { started: { delay: 3 } } }),
    taskcluster: 'completed',
    buildbot: 'SUCCESS',
  },
  {
    name: 'the log could not be uploaded',
    plan: () => ({ duration: 0.5, logUrl: null }),
    taskcluster: 'completed',
    buildbot: 'SUCCESS',
  },
  {
    name: 'a build longer than its claim',
    plan: () => ({ duration: 17 }),
    taskcluster: 'completed',
    buildbot: 'SUCCESS',
  },
  {
    name: 'warnings that count as success',
    plan: () => ({ duration: 0.5, results: 1 }),
    taskcluster: 'completed',
    buildbot: 'WARNINGS',
  },
  {
    name: 'an exception that counts as an internal error',
    plan: () => ({ duration: 0.5, results: 4 }),
    taskcluster: 'exception (internal-error)',
    buildbot: 'EXCEPTION',
  },
];

/** With room for a busy machine: between the reclaims of the two services, and between the last retry and the grace. */
const CLAIM_TIMEOUT = 15;

describe('trouble', () => {
  const story = played(
    {
      database: 'sqlite',
      services: 'in process',
      pace: { claimTimeout: CLAIM_TIMEOUT, reclaimWindow: 13, finishedGrace: 6, artifactWait: 2 },
      settings: { results: { warnings: 'completed', exception: 'internal-error' } },
    },
    TROUBLE,
  );
  const findOnly = (name: string) => story.of(name)[0]!;
  const runOf = (name: string) => {
    const { runs } = story.sandbox.taskcluster.state.status(findOnly(name).taskId);
    expect(runs).toHaveLength(1);
    return runs[0]!;
  };

  describe('does not keep tasks from their right end:', () => endsOnBothSides(story, TROUBLE));
  leavesNothing(story);

  it('resolves with the artifacts that could be attached, and errors in the places of the others', () => {
    const artifacts = listAttached(story, findOnly('the upload of an artifact fails').taskId);
    expect(artifacts.get('public/properties.json')).toMatchObject({ storageType: 'error' });
    expect(artifacts.has('public/logs/live_backing.log.gz')).toBe(true);
    expect(listAttached(story, findOnly('no artifact can be created').taskId).size).toBe(0);
  });

  it('leaves the reference to a log out when there is no log', () => {
    const artifacts = listAttached(story, findOnly('the log could not be uploaded').taskId);
    expect([...artifacts.keys()]).toEqual(['public/properties.json']);
  });

  it.each(['log_uploaded is lost', 'every message of the build is lost'])(
    'resolves without artifacts, and not before the grace period, when %s',
    async (name) => {
      const { taskId, seen } = findOnly(name);
      expect(listAttached(story, taskId).size).toBe(0);
      const { complete_at: completeAt } = await readTimes(story, seen.requests[0]!.buildRequestId);
      // The bridge keeps Taskcluster's time, which a `Date` header tells in whole seconds.
      expect(Date.parse(runOf(name).resolved!) / 1000 - completeAt).toBeGreaterThan(2);
    },
  );

  it('claims a task whose build started unnoticed while it runs', async () => {
    const name = 'started is lost';
    const { finish_time: finished } = await readTimes(story, findOnly(name).seen.requests[0]!.buildRequestId);
    expect(Date.parse(runOf(name).started!) / 1000).toBeLessThan(finished);
    expect(listAttached(story, findOnly(name).taskId).size).toBe(2);
  });

  it('keeps a claim alive for as long as the build takes', () => {
    const name = 'a build longer than its claim';
    const { started, resolved } = runOf(name);
    expect(Date.parse(resolved!) - Date.parse(started!)).toBeGreaterThan(CLAIM_TIMEOUT * 1000);
    const reclaims = story.sandbox.taskcluster.calls
      .of('reclaimTask')
      .filter(({ taskId, status }) => taskId === findOnly(name).taskId && status === 200);
    expect(reclaims.length).toBeGreaterThan(0);
  });

  it('makes one request of each task, whatever comes twice', () => {
    for (const { name } of TROUBLE) expect(findOnly(name).seen.requests).toHaveLength(1);
  });
});

/** When a request and its build ended, in epoch seconds. */
async function readTimes({ sandbox }: Story, buildRequestId: number) {
  const [row] = await sandbox.scheduler.read((statements) =>
    statements.rows<{ complete_at: number; finish_time: number }>(
      `SELECT br.complete_at AS complete_at, b.finish_time AS finish_time
        FROM buildrequests br JOIN builds b ON b.brid = br.id WHERE br.id = ?`,
      [buildRequestId],
    ),
  );
  return row!;
}
