import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DATABASE_KINDS, isUsable } from '../../test/support/databases.js';
import { describeEach } from '../../test/support/servers.js';
import { allTheThings } from '../buildbot/index.js';
import { Bench, LINUX, submitTask, TASKS } from '../buildbot/testing/bench.js';
import type { SelfServeOptions } from './options.js';
import { SelfServeSimulator } from './self-serve.js';

const CASES = DATABASE_KINDS.flatMap((kind) => ([6, 24] as const).map((schema) => [kind, schema] as const));

let bench: Bench;
let masters: Awaited<ReturnType<Bench['master']>>[];
let selfServe: SelfServeSimulator;

async function open(kind: (typeof CASES)[number][0], schema: 6 | 24) {
  bench = await Bench.open(kind, schema);
  masters = [];
}

async function serve(options: Partial<SelfServeOptions> = {}) {
  selfServe = await SelfServeSimulator.start({
    databaseUrl: bench.url,
    schema: bench.schema,
    clock: bench.clock,
    masters: () => masters,
    branches: ['mozilla-central', 'mozilla-beta'],
    ...options,
  });
}

async function startAgent(...parameters: Parameters<Bench['master']>) {
  const master = await bench.master(...parameters);
  masters.push(master);
  return master;
}

function remove(what: string, init: RequestInit = {}) {
  const headers = { Accept: 'application/json', 'X-Remote-User': 'bridge' };
  return fetch(`${selfServe.url}/mozilla-central/${what}`, { method: 'DELETE', headers, ...init });
}

/** Has the agent work, and tells what it said of its last job. */
async function agentSays() {
  bench.clock.advance(2);
  await selfServe.step();
  return selfServe.jobs.at(-1)!.outcome;
}

afterEach(async () => {
  await selfServe.close();
  await bench.close();
});

describeEach(CASES, isUsable)('Self Serve on %s with schema %i', (kind, schema) => {
  beforeEach(() => open(kind, schema));

  it('takes back a pending request, later, and leaves its buildset open for ever', async () => {
    const master = await startAgent();
    const brid = await submitTask(master, TASKS[0]);
    await serve();
    const accepted = await remove(`request/${brid}`);
    expect([accepted.status, await accepted.json()]).toEqual([202, { status: 'OK', request_id: 1_234_567 }]);
    await selfServe.step();
    expect(await bench.request(brid)).toMatchObject({ complete: 0 });

    expect(await agentSays()).toEqual({ errors: false, msg: `${brid}: Ok` });
    expect(await bench.request(brid)).toMatchObject({ complete: 1, results: 2 });
    expect(await bench.buildset(brid)).toMatchObject({ complete: 0 });
    await master.step();
    expect(await bench.builds(brid)).toEqual([]);
  });

  it('stops the running build of a request by its number', async () => {
    const master = await startAgent({ plan: () => ({ hold: true }) });
    const brid = await submitTask(master, TASKS[0]);
    await master.step();
    await serve();
    await remove(`request/${brid}`);
    expect(await agentSays()).toEqual({ errors: false, msg: `${brid}: Ok` });
    await master.step();
    expect(await bench.request(brid)).toMatchObject({ complete: 1, results: 6 });
  });

  it('accepts without a look at the state, and then does nothing to what is complete', async () => {
    const master = await startAgent();
    const brid = await submitTask(master, TASKS[0]);
    await master.step();
    await serve();
    const [build] = await bench.builds(brid);
    expect((await remove(`request/${brid}`)).status).toBe(202);
    expect((await remove(`build/${build!.id}`)).status).toBe(202);
    await agentSays();
    expect(selfServe.jobs.map(({ outcome }) => outcome!.msg)).toEqual([
      `Request ${brid} is complete, nothing to do`,
      `Build ${build!.id} is complete, nothing to do`,
    ]);
    expect(await bench.request(brid)).toMatchObject({ results: 0 });
  });

  it('fails on a request that is claimed and has no builds row, and on a master that is down', async () => {
    const master = await startAgent({ plan: () => ({ claimWindow: 60, hold: true }) });
    const brid = await submitTask(master, TASKS[0]);
    await master.step();
    await serve();
    await remove(`request/${brid}`);
    expect(await agentSays()).toEqual({ errors: true, msg: 'Error cancelling build' });

    bench.clock.advance(60);
    await master.step();
    await master.kill();
    await remove(`build/${(await bench.builds(brid))[0]!.id}`);
    expect(await agentSays()).toEqual({ errors: true, msg: 'Error cancelling build' });
    expect(await bench.request(brid)).toMatchObject({ complete: 0 });
  });

  it('marks a request complete that a master claims in the meantime, and the build goes on', async () => {
    const master = await startAgent({ plan: () => ({ hold: true }) });
    const brid = await submitTask(master, TASKS[0]);
    await serve({ beforeUpdate: () => master.step() });
    await remove(`request/${brid}`);
    await agentSays();
    expect(await bench.request(brid)).toMatchObject({ complete: 1, results: 2 });
    expect(master.inProgress()).toMatchObject([{ buildRequestIds: [brid] }]);
  });

  it("stops a stranger's build, when an old build is cancelled whose request moved to another master", async () => {
    const first = await startAgent({ plan: () => ({ results: 5 }), pollInterval: 1e9 });
    const second = await startAgent({ name: 'bm74:/master', plan: () => ({ hold: true }), pollInterval: 0 });
    const brid = await submitTask(first, TASKS[0]);
    await first.step();
    const [old] = await bench.builds(brid);
    const stranger = await second.submit({
      buildername: LINUX.name,
      submittedAt: 1,
      branch: 'mozilla-central',
    });
    await second.step();
    expect(second.inProgress()).toMatchObject([
      { number: 0, buildRequestIds: [stranger] },
      { number: 1, buildRequestIds: [brid] },
    ]);

    await serve();
    await remove(`build/${old!.id}`);
    await agentSays();
    await second.step();
    expect(await bench.request(stranger)).toMatchObject({ complete: 1, results: 6 });
    expect(await bench.request(brid)).toMatchObject({ complete: 0 });
  });

  it('does not find what its replica does not have yet', async () => {
    const master = await startAgent({ plan: () => ({ hold: true }) });
    await serve({ replicaLag: 30 });
    await selfServe.step();
    const brid = await submitTask(master, TASKS[0]);
    expect((await remove(`request/${brid}`)).status).toBe(404);
    bench.clock.advance(29);
    expect((await remove(`request/${brid}`)).status).toBe(404);
    bench.clock.advance(1);
    await master.step();
    expect((await remove(`request/${brid}`)).status).toBe(202);
    const [build] = await bench.builds(brid);
    expect((await remove(`build/${build!.id}`)).status).toBe(404);
    bench.clock.advance(30);
    expect((await remove(`build/${build!.id}`)).status).toBe(202);
  });
});

describe('Self Serve, the agent and crashes', () => {
  beforeEach(() => open('sqlite', 6));

  it("stops a stranger's build when a crash left an unfinished row with its number", async () => {
    const master = await startAgent({ plan: () => ({ hold: true }), builders: [{ ...LINUX, merge: false }] });
    const brids = [await submitTask(master, TASKS[0]), await submitTask(master, TASKS[1])];
    await master.step();
    await master.kill();
    await bench.change('UPDATE buildrequests SET priority = 1 WHERE id = ?', [brids[1]!]);
    await master.restart();
    await master.step();
    await serve();
    await remove(`request/${brids[0]}`);
    await agentSays();
    await master.step();
    expect(await bench.request(brids[0]!)).toMatchObject({ complete: 0 });
    expect(await bench.request(brids[1]!)).toMatchObject({ complete: 1, results: 6 });
  });
});

describe('Self Serve over HTTP', () => {
  let brid: number;
  beforeEach(async () => {
    await open('sqlite', 6);
    brid = await submitTask(await startAgent(), TASKS[0]);
  });

  it('finds a request on a branch that is one end of the source stamp’s', async () => {
    await serve();
    for (const [actual, status] of [
      ['projects/mozilla-central', 202],
      ['mozilla-central/x', 202],
      ['x/mozilla-central/y', 404],
      ['mozilla-beta', 404],
    ] as const) {
      await bench.change('UPDATE sourcestamps SET branch = ?', [actual]);
      expect([actual, (await remove(`request/${brid}`)).status]).toEqual([actual, status]);
    }
  });

  it('can have its effect and answer otherwise, or not at all', async () => {
    const faults: ReturnType<NonNullable<SelfServeOptions['fault']>>[] = [
      { kind: 'effect-then', status: 503 },
      { kind: 'reply-lost' },
      { kind: 'hang' },
      { kind: 'answer', status: 502 },
    ];
    await serve({ fault: () => faults.shift() });
    expect((await remove(`request/${brid}`)).status).toBe(503);
    expect(selfServe.jobs).toHaveLength(1);
    await expect(remove(`request/${brid}`)).rejects.toThrow();
    expect(selfServe.jobs).toHaveLength(2);
    await expect(remove(`request/${brid}`, { signal: AbortSignal.timeout(50) })).rejects.toThrow();
    expect((await remove(`request/${brid}`)).status).toBe(502);
    expect(selfServe.jobs).toHaveLength(2);
    expect(selfServe.calls.map(({ status }) => status)).toEqual([503, null, null, 502]);
  });

  it('keeps jobs for an agent that is down, and loses those the broker did not take', async () => {
    const faults: ReturnType<NonNullable<SelfServeOptions['fault']>>[] = [{ kind: 'broker-down' }];
    await serve({ fault: () => faults.shift() });
    selfServe.agentIsUp = false;
    await remove(`request/${brid}`);
    await remove(`request/${brid}`);
    expect(await agentSays()).toBeNull();
    selfServe.agentIsUp = true;
    expect(await agentSays()).toMatchObject({ errors: false });
    expect(selfServe.jobs.map(({ outcome }) => outcome === null)).toEqual([true, false]);
  });

  it('serves the builder list with an ETag, and half of it while it is being written', async () => {
    const faults: ReturnType<NonNullable<SelfServeOptions['fault']>>[] = [];
    await serve({ builderList: () => allTheThings([LINUX]), fault: () => faults.shift() });
    const list = await fetch(selfServe.builderListUrl);
    const etag = list.headers.get('etag')!;
    expect(await list.json()).toMatchObject({
      builders: { [LINUX.name]: { shortname: LINUX.shortname, properties: LINUX.properties } },
      master_builders: { 'sandbox-build1': [LINUX.name] },
    });
    const again = await fetch(selfServe.builderListUrl, { headers: { 'If-None-Match': etag } });
    expect(again.status).toBe(304);
    faults.push({ kind: 'half' });
    const half = await (await fetch(selfServe.builderListUrl)).text();
    expect(() => JSON.parse(half)).toThrow(SyntaxError);
  });
});
