import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { BuildPlan } from './plan.js';
import { Bench, LINUX, submitTask, TASKS, type Parsed } from './testing/bench.js';

const FIXTURES = new URL('../../test/fixtures/buildbot/pulse/', import.meta.url);

function recorded(name: string) {
  return JSON.parse(readFileSync(new URL(`${name}.json`, FIXTURES), 'utf8'));
}

/** Keys and types all the way down; of properties their names, sources and the values' types. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shape);
  if (value === null) return 'null';
  if (typeof value !== 'object') return typeof value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      if (key === 'properties') {
        return [
          key,
          (inner as [string, unknown, string][]).map(([name, held, source]) => [
            name,
            name === 'request_times' ? 'times by id' : shape(held),
            source,
          ]),
        ];
      }
      return [key, shape(inner)];
    }),
  );
}

interface Course {
  tasks?: number;
  stop?: boolean;
  cancelledResult?: 2 | 4 | 6;
}

describe('messages of a master', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await Bench.open('sqlite', 6);
  });
  afterEach(() => bench.close());

  async function messages(plan: BuildPlan, { tasks = 1, stop = false, cancelledResult }: Course = {}) {
    const master = await bench.master({ plan: () => ({ hold: stop, ...plan }), cancelledResult });
    for (const taskId of TASKS.slice(0, tasks)) await submitTask(master, taskId);
    await master.step();
    if (stop) master.stopBuild(LINUX.name, 0);
    await master.step();
    const [started, finished, uploaded] = bench.published.map(({ message }) => message);
    return { started, finished, log_uploaded: uploaded };
  }

  it.each([
    ['started', 'started', {}, {}],
    ['started-coalesced', 'started', {}, { tasks: 2 }],
    ['started-empty-request_ids', 'started', { buildRequestIds: 'empty' }, {}],
    ['started-legacy-no-request_ids', 'started', { buildRequestIds: 'missing' }, {}],
    ['finished', 'finished', {}, {}],
    ['log_uploaded-success', 'log_uploaded', {}, {}],
    ['log_uploaded-warnings', 'log_uploaded', { results: 1 }, {}],
    ['log_uploaded-failure', 'log_uploaded', { results: 2 }, {}],
    ['log_uploaded-skipped', 'log_uploaded', { results: 3 }, {}],
    ['log_uploaded-exception', 'log_uploaded', { results: 4 }, {}],
    ['log_uploaded-retry', 'log_uploaded', { results: 5 }, {}],
    ['log_uploaded-cancelled', 'log_uploaded', {}, { stop: true }],
    ['log_uploaded-stopped-stock-0.8.2', 'log_uploaded', {}, { stop: true, cancelledResult: 2 }],
    ['log_uploaded-stopped-stock-0.8.4plus', 'log_uploaded', {}, { stop: true, cancelledResult: 4 }],
    ['log_uploaded-coalesced', 'log_uploaded', {}, { tasks: 2 }],
    ['log_uploaded-no-log_url', 'log_uploaded', { logUrl: null }, {}],
  ] as const)('are formed like the recorded %s', async (fixture, kind, plan, course) => {
    const made = (await messages(plan, course))[kind];
    const real = recorded(fixture);
    expect(shape(made)).toEqual(shape(real));
    expect(made.payload.build).toMatchObject({
      builderName: real.payload.build.builderName,
      text: real.payload.build.text,
      results: real.payload.build.results,
    });
    expect(made.payload.build.steps.map((step: Parsed) => [step.text, step.results])).toEqual(
      real.payload.build.steps.map((step: Parsed) => [step.text, step.results]),
    );
  });

  it('carry key, times, counters and merged requests as recorded', async () => {
    const { started, finished, log_uploaded } = await messages({}, { tasks: 2 });
    expect(bench.published.map(({ exchange, routingKey }) => [exchange, routingKey])).toEqual([
      ['exchange/build/', 'build.mozilla-central-linux64.0.started'],
      ['exchange/build/', 'build.mozilla-central-linux64.0.finished'],
      ['exchange/build/', 'build.mozilla-central-linux64.0.log_uploaded'],
    ]);
    expect(started._meta).toMatchObject({ sent: '2017-05-12T03:46:40-07:00', message_id: 1 });
    expect(finished.payload.build.times).toEqual(['2017-05-12T10:46:40+0000', '2017-05-12T10:46:40+0000']);
    expect(finished._meta.message_id).toBe(2);
    expect(started.payload.request_ids).toEqual([1, 2]);
    expect(log_uploaded.payload.build.reason).toBe(
      TASKS.map((task) => `Created by BBB for task ${task}`).join(', '),
    );
    const properties = new Map(
      log_uploaded.payload.build.properties.map(([name, value]: Parsed) => [name, value]),
    );
    expect(properties.get('request_ids')).toEqual([1, 2]);
    expect(properties.get('statusdb_id')).toBe(log_uploaded._meta.message_id);
  });

  it.each([
    ['started-not-ours', 0],
    ['log_uploaded-not-ours', 2],
  ] as const)(
    'of a request that is not the bridge’s are formed like the recorded %s',
    async (fixture, index) => {
      const master = await bench.master();
      await master.submit({
        buildername: LINUX.name,
        submittedAt: 1,
        branch: 'mozilla-central',
        revision: 'cd5f',
      });
      await master.step();
      expect(shape(bench.published[index]!.message)).toEqual(shape(recorded(fixture)));
    },
  );

  it('fare as the plan of their build says', async () => {
    const plan = {
      messages: { started: { lost: true }, finished: { copies: 2 }, log_uploaded: { delay: 60 } },
    };
    const master = await bench.master({ plan: () => plan });
    await submitTask(master, TASKS[0]);
    await master.step();
    expect(bench.kinds).toEqual(['0 finished', '0 finished']);
    expect(master.messagesOnTheirWay).toBe(1);
    bench.clock.advance(60);
    await master.step();
    expect(bench.kinds).toEqual(['0 finished', '0 finished', '0 log_uploaded']);
  });

  it('never report a build without a product', async () => {
    const { product: _product, ...properties } = LINUX.properties;
    const master = await bench.master({ builders: [{ ...LINUX, properties }] });
    await master.submit({ buildername: LINUX.name, submittedAt: 1 });
    await master.step();
    expect(bench.kinds).toEqual(['0 started', '0 finished']);
  });
});
