import type { JsonValue } from '@bbb/rules';
import { BUILDER, type BuiltTask } from './farm.js';
import type { MadeTask } from './taskcluster-commands.js';

/** A message, and the last part of its exchange's name. */
export interface Message {
  exchange: 'task-pending' | 'build';
  routingKey: string;
  body: JsonValue;
}

/**
 * Mean size of Buildbot's messages as captured in production was 17 KB; the changes of their source stamps make the
 * bulk of it.
 */
const CHANGES = Array.from({ length: 40 }, (_, index) => ({
  revision: `cd5fab20f6bd128847ef8131c9aeed63cde0${String(index).padStart(4, '0')}`,
  who: 'developer@example.com',
  comments: 'Bug 1234567 - Part 1: do what the summary says, and nothing else. r=reviewer',
  branch: 'main',
  files: ['browser/base/content/browser.js', 'toolkit/components/places/Database.cpp'],
  number: 4_200_000 + index,
  when: 1_494_586_000 + index,
  category: null,
}));

/** As Taskcluster's queue publishes it for a task's first run. */
export function createTaskPending({ taskId, scheduled }: MadeTask): Message {
  const at = (seconds: number) => new Date((scheduled + seconds) * 1000).toISOString();
  const status = {
    taskId,
    provisionerId: 'buildbot-bridge',
    workerType: 'buildbot-bridge',
    taskQueueId: 'buildbot-bridge/buildbot-bridge',
    schedulerId: 'sandbox',
    projectId: 'none',
    taskGroupId: taskId,
    priority: 'lowest',
    deadline: at(24 * 3600),
    expires: at(28 * 24 * 3600),
    retriesLeft: 5,
    state: 'pending',
    runs: [{ runId: 0, state: 'pending', reasonCreated: 'scheduled', scheduled: at(0) }],
  };
  return {
    exchange: 'task-pending',
    routingKey: `primary.${taskId}.0._._.buildbot-bridge.buildbot-bridge.sandbox.${taskId}._`,
    body: { status, runId: 0, task: { tags: {} }, version: 1 },
  };
}

/** As a master's Pulse plugin publishes it when a build starts. */
export function createStarted(task: BuiltTask): Message {
  const build = createBuild(task, BUILDER, null, []);
  return createMessage(task, 'started', { build, request_ids: [task.id] });
}

/** As a master's post-run step publishes it when a build's log is uploaded. */
export function createLogUploaded(task: BuiltTask): Message {
  const written: JsonValue[] = [
    ['log_url', `https://logs.example.com/linux64/${task.id}/build${task.id}.txt.gz`, 'postrun.py'],
    ['request_ids', [task.id], 'postrun.py'],
    ['request_times', { [task.id]: Math.floor(task.scheduled) }, 'postrun.py'],
    ['statusdb_id', 79_000_000 + task.id, 'postrun.py'],
  ];
  return createMessage(task, 'log_uploaded', { build: createBuild(task, 'linux64', 0, written) });
}

function createBuild(
  { id, taskId }: BuiltTask,
  builderName: string,
  results: number | null,
  written: JsonValue[],
): JsonValue {
  return {
    builderName,
    number: id,
    sourceStamp: {
      revision: 'cd5fab20f6bd128847ef8131c9aeed63cde019fc',
      hasPatch: false,
      branch: 'main',
      changes: CHANGES,
      project: '',
      repository: '',
    },
    reason: `Created by BBB for task ${taskId}`,
    blame: [],
    properties: [
      ['branch', 'main', 'Builder'],
      ['buildername', BUILDER, 'Builder'],
      ['buildnumber', id, 'Build'],
      ['product', 'example', 'bbb'],
      ['revision', 'cd5fab20f6bd128847ef8131c9aeed63cde019fc', 'Build'],
      ['slavename', 'linux64-slave-001', 'BuildSlave'],
      ['taskId', taskId, 'bbb'],
      ...written,
    ],
    times: ['2017-05-12T11:04:24+0000', results === null ? null : '2017-05-12T12:04:24+0000'],
    text: results === null ? [] : ['build', 'successful'],
    results,
    slave: 'linux64-slave-001',
    eta: null,
    steps: [],
    currentStep: null,
  };
}

function createMessage({ id }: BuiltTask, kind: string, payload: JsonValue): Message {
  const routingKey = `build.linux64.${id}.${kind}`;
  const meta = {
    exchange: 'exchange/build/',
    routing_key: routingKey,
    serializer: 'json',
    sent: '2017-05-12T04:04:37-07:00',
    master_name: 'master.example.com:/builds/buildbot/master',
    master_incarnation: 'pid23040-boot1494500000',
    message_id: id,
  };
  return { exchange: 'build', routingKey, body: { payload, _meta: meta } };
}
