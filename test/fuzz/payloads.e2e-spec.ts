import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type BuilderKnown, BuilderPolicy, judge, createRejectionReasons, Unavailable } from '@bbb/rules';
import { readAnswer } from '../../libs/taskcluster/src/calls/answers.js';
import { JsonBody } from '../../libs/taskcluster/src/large-json/json-body.js';
import { readListItem, readReply } from '../../libs/taskcluster/src/replies.js';
import { LEGACY_PAYLOAD_RULES } from '../../libs/buildbot/src/legacy/payload-rules.js';
import { createRequestRows } from '../../libs/scheduler-db/src/requests/request-rows.js';
import { toPython, loadAsMaster } from '../support/master-loader.js';
import { followCampaign, planCampaign } from '../support/campaign.js';
import { Stretches } from './stretches.js';
import { Tally } from './tally.js';
import { payloadText } from './payloads.js';

const KEY = { taskId: 'f3DnVpRsTLWrQ2Q2Q2Q2Qg', createdForRunId: 3, scheduledAt: 1494586264 };
const SCHEMA = { version: 6, claims: 'columns', sourcestamps: 'single', codebase: false } as const;
const POLICY = new BuilderPolicy({ restricted: ['^release-'], ignored: ['^ignored'], allowed: ['[^n]'] });
const LISTED = new Set(['Linux build', 'Windows build', 'é builder', 'release-x', 'RELEASE-x']);

const RESTRICTED = 'the builder is restricted';
const NOT_ALLOWED = 'the builder is not in the list of allowed builders of this bridge';

function known(name: string, list: string): Promise<BuilderKnown> {
  if (list === 'never loaded') return Promise.reject(new Unavailable('builder-list', list));
  return Promise.resolve(list === 'none' ? 'unchecked' : LISTED.has(name) ? 'known' : 'unknown');
}

const cases = fc.record({
  text: payloadText,
  scopes: fc.constantFrom<string[]>([], [''], ['buildbot-bridge:builder-name:release-*'], ['*']),
  isInBatch: fc.oneof(
    { weight: 9, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
  list: fc.constantFrom('loaded', 'loaded', 'loaded', 'none', 'none', 'never loaded'),
});

describe('any payload', () => {
  const { runs: numRuns, seed, timeout } = planCampaign({ usual: 700, full: 14_000, each: 5 });
  const follow = followCampaign('payloads', numRuns);

  it(
    'becomes rows that every master loads, or is refused for a reason',
    async () => {
      const reasons = new Tally([
        ...Object.values(createRejectionReasons(LEGACY_PAYLOAD_RULES)),
        RESTRICTED,
        NOT_ALLOWED,
      ]);
      const outcomes = new Tally(['accepted', 'rejected', 'ignored', 'unavailable']);
      const stretches = new Stretches();
      let done = 0;
      await fc.assert(
        fc.asyncProperty(cases, async ({ text, scopes, list, isInBatch }) => {
          follow(done++);
          const answer = answerOf(text, scopes);
          if (isInBatch) await expectNeighboursRead(answer);
          const { payload, judgement } = await stretches.watch(async () => {
            const definition = readReply.definition('task', await readInParts(answer));
            const judged = await judge(definition, KEY, POLICY, {
              payloadRules: LEGACY_PAYLOAD_RULES,
              findProblems: async () => [],
              knows: (name) => known(name, list),
            }).catch((error: unknown) => {
              if (error instanceof Unavailable) return { is: 'unavailable' as const };
              throw error;
            });
            return { payload: definition.payload, judgement: judged };
          });
          outcomes.add(judgement.is);
          if (judgement.is === 'rejected') {
            expect(judgement.reasons.length).toBeGreaterThan(0);
            for (const reason of judgement.reasons) reasons.add(classify(reason));
          }
          if (judgement.is !== 'accepted') return;
          const rows = createRequestRows(judgement.spec, SCHEMA);
          const loaded = loadAsMaster({
            buildername: judgement.spec.buildername,
            reason: String(rows.buildset.reason),
            externalId: String(rows.buildset.external_idstring),
            branch: judgement.spec.branch,
            revision: judgement.spec.revision,
            repository: judgement.spec.repository,
            project: judgement.spec.project,
            properties: rows.properties,
          });
          const sent = (payload as { properties: Record<string, unknown> }).properties;
          const expected = { ...sent, taskId: KEY.taskId, createdForRunId: KEY.createdForRunId };
          expect(loaded).toEqual(toPython(expected));
        }),
        { numRuns, seed },
      );
      outcomes.print(`${numRuns} payloads, seed ${seed}`);
      reasons.print('reasons of refusal');
      stretches.print('payloads');
      expect([...outcomes.missing, ...reasons.missing]).toEqual([]);
      expect(outcomes.of('accepted')).toBeGreaterThan(numRuns / 20);
    },
    timeout,
  );
});

/** Bytes that a socket delivers at most at a time. */
const PART = 64 * 1024;

/** Reads a reply as it comes over the network. */
async function readInParts(text: string): Promise<unknown> {
  const [body, bytes] = [new JsonBody(), Buffer.from(text)];
  for (let at = 0; at < bytes.length; at += PART) {
    body.push(bytes.subarray(at, at + PART));
    await nextTurn();
  }
  return readAnswer({ method: 'task' }, { status: 200, headers: JSON_TYPE }, body);
}

/** In a batch or list with others, however odd a task is, the others are read as they are. */
async function expectNeighboursRead(task: string): Promise<void> {
  const neighbour = answerOf('{"buildername":"neighbour"}', []);
  const entries = [neighbour, task, neighbour].map(
    (each, index) => `{"taskId":"task-${index}","runId":0,"task":${each}}`,
  );
  const reply = await readInParts(`{"tasks":[${entries.join(',')}]}`);
  const read = readReply.definitions('tasks', reply).items;
  const listed = readReply.list('listPendingTasks', reply).tasks.map(readListItem);
  for (const at of [0, 2]) {
    const definition = { payload: { buildername: 'neighbour' } };
    expect(read.find(({ taskId }) => taskId === `task-${at}`)).toMatchObject({ value: definition });
    expect(listed[at]).toMatchObject({ taskId: `task-${at}`, definition });
  }
}

const JSON_TYPE = { 'content-type': 'application/json' };

/** The queue's reply about a task. */
function answerOf(payload: string, scopes: readonly string[]): string {
  const task = JSON.stringify({
    taskQueueId: 'p/w',
    priority: 'high',
    created: '2017-05-12T10:46:40.000Z',
    deadline: '2017-05-13T10:50:00.000Z',
    expires: '2018-05-12T10:50:00.000Z',
    scopes,
  });
  return `${task.slice(0, -1)},"payload":${payload}}`;
}

/** A reason without the key and the names in it. */
function classify(reason: string): string {
  const message = reason.replace(/^payload[^:]*?: /, '');
  const known = [
    ...Object.values(createRejectionReasons(LEGACY_PAYLOAD_RULES)),
    RESTRICTED,
    NOT_ALLOWED,
  ] as string[];
  const kind = known.find((problem) => message === problem || message.startsWith(`${problem}:`));
  if (kind === undefined) throw new TypeError(`a reason that no list has: ${reason}`);
  return kind;
}
