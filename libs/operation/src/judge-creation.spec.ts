import { expect, it } from '@jest/globals';
import { Refused } from '@bbb/rules';
import { PAYLOAD, ReconcilerHarness, TASK } from '../../reconciler/src/testing/reconciler-harness.js';
import { row as makeRow } from '../../rules/src/testing/observations.js';
import { judgeCreation } from './judge-creation.js';

const PAUSE = { builders: '.*', by: 'an operator', reason: 'maintenance', since: 0 };
const SCOPES = 'the scopes of the task are too long; missing: queue:reclaim-task:x/0';
const UNLIKE = { payload: { ...PAYLOAD, properties: {} } };

it.each([
  ['an accepted payload', {}, undefined, undefined, undefined],
  ['paused builders', {}, PAUSE, undefined, { for: 'operator', text: expect.stringContaining('resume') }],
  [
    'a rejected payload',
    UNLIKE,
    undefined,
    undefined,
    { for: 'bridge', text: expect.stringContaining('product') },
  ],
  ['scopes that are too long', {}, PAUSE, SCOPES, { for: 'operator', text: SCOPES }],
  ['scopes that are too long to reject it', UNLIKE, undefined, SCOPES, { for: 'operator', text: SCOPES }],
  ['a builder of others', { payload: { buildername: 'ignored-1' } }, undefined, SCOPES, { for: 'nothing' }],
])('tells what a pending task waits for: %s', async (_what, options, pause, scopes, expected) => {
  const { queue, buildbot, settings, status, definition } = new ReconcilerHarness(options);
  queue.checkScopes = async () => {
    if (scopes) throw new Refused('taskcluster', 403, 'InsufficientScopes', scopes);
  };
  const systems = { queue, buildbot, policy: settings.policy, taskQueueId: settings.taskQueueId };
  const situation = { taskId: TASK, status, source: 'fresh' } as const;
  const wait = await judgeCreation(systems, situation, definition, pause);
  if (expected) expect(wait).toMatchObject(expected);
  else expect(wait).toBeUndefined();
});

it.each([
  [
    'is to be created',
    {},
    { for: 'buildbot', text: expect.stringContaining('buildbot.max_open_per_builder') },
  ],
  // It may exist, whatever room there is.
  ['may have been created', { row: makeRow({ buildRequestId: null }) }, undefined],
])(
  'tells that a task waits for room when its builder has none and its request %s',
  async (_what, given, expected) => {
    const { queue, buildbot, settings, status, definition } = new ReconcilerHarness();
    queue.checkScopes = async () => {};
    buildbot.hasRoomFor = async () => false;
    const systems = { queue, buildbot, policy: settings.policy, taskQueueId: settings.taskQueueId };
    const situation = { taskId: TASK, status, source: 'fresh', ...given } as const;
    const wait = await judgeCreation(systems, situation, definition, undefined);
    if (expected) expect(wait).toEqual(expected);
    else expect(wait).toBeUndefined();
  },
);
