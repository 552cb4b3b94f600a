import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { DATABASE_KINDS, isUsable } from '../../test/support/databases.js';
import { describeEach } from '../../test/support/servers.js';
import type { BuilderSetting } from './plan.js';
import { Bench, LINUX, submitTask, TASKS } from './testing/bench.js';

const CASES = DATABASE_KINDS.flatMap((kind) => ([6, 24] as const).map((schema) => [kind, schema] as const));

describeEach(CASES, isUsable)('a master on %s with schema %i', (kind, schema) => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await Bench.open(kind, schema);
  });
  afterEach(() => bench.close());

  it('takes a request from its claim to its end', async () => {
    const master = await bench.master({ plan: () => ({ claimWindow: 1, duration: 60, finishWindow: 2 }) });
    const brid = await submitTask(master, TASKS[0]);
    expect(await bench.claimed(brid)).toBe(false);

    await master.step();
    expect(await bench.claimed(brid)).toBe(true);
    expect(await bench.builds(brid)).toEqual([]);
    expect(bench.kinds).toEqual([]);

    bench.clock.advance(1);
    await master.step();
    expect(await bench.builds(brid)).toMatchObject([{ number: 0, finish_time: null }]);
    expect(bench.kinds).toEqual(['0 started']);

    bench.clock.advance(60);
    await master.step();
    expect((await bench.builds(brid))[0]!.finish_time).toBeCloseTo(
      bench.clock.now(),
      kind === 'sqlite' ? 2 : -1,
    );
    expect(await bench.request(brid)).toMatchObject({ complete: 0, results: null });
    expect(bench.kinds).toEqual(['0 started', '0 finished', '0 log_uploaded']);

    bench.clock.advance(2);
    await master.step();
    expect(await bench.request(brid)).toMatchObject({ complete: 1, results: 0 });
    expect(await bench.buildset(brid)).toMatchObject({ complete: 1, results: 0 });
    expect(master.inProgress()).toEqual([]);
  });

  it('completes a failed request with its result, and the buildset with 2', async () => {
    const master = await bench.master({ plan: () => ({ results: 4 }) });
    const brid = await submitTask(master, TASKS[0]);
    await master.step();
    expect(await bench.request(brid)).toMatchObject({ complete: 1, results: 4 });
    expect(await bench.buildset(brid)).toMatchObject({ complete: 1, results: 2 });
  });

  it('merges requests of one branch and revision into one build', async () => {
    const master = await bench.master({ plan: () => ({ duration: 60 }) });
    const brids = [await submitTask(master, TASKS[0]), await submitTask(master, TASKS[1])];
    await master.step();
    const rows = (await Promise.all(brids.map((brid) => bench.builds(brid)))).flat();
    expect(rows.map(({ number }) => number)).toEqual([0, 0]);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(2);
    expect(bench.published[0]!.message.payload.request_ids).toEqual(brids);
    expect(bench.published[0]!.message.payload.build.properties).toContainEqual(['taskId', TASKS[1], 'bbb']);

    bench.clock.advance(60);
    await master.step();
    for (const brid of brids) expect(await bench.request(brid)).toMatchObject({ complete: 1, results: 0 });
  });

  it('builds each request by itself where merging is off', async () => {
    const master = await bench.master({
      builders: [{ ...LINUX, merge: false }],
      plan: () => ({ duration: 60 }),
    });
    await submitTask(master, TASKS[0]);
    await submitTask(master, TASKS[1]);
    await master.step();
    expect(master.inProgress().map(({ number }) => number)).toEqual([0, 1]);
  });

  it('puts at most eight requests into one build', async () => {
    const master = await bench.master({ plan: () => ({ hold: true }) });
    for (let count = 0; count < 10; count++) await submitTask(master, `${count}${TASKS[0].slice(1)}`);
    await master.step();
    expect(master.inProgress().map(({ buildRequestIds }) => buildRequestIds.length)).toEqual([8, 2]);
  });

  it('rebuilds the same request after a RETRY, told of out of order', async () => {
    const master = await bench.master({
      plan: ({ attempt }) => (attempt === 0 ? { duration: 60, results: 5 } : { hold: true }),
      pipeline: { delay: { started: 10, finished: 10, log_uploaded: 60 } },
    });
    const brid = await submitTask(master, TASKS[0]);
    await master.step();
    bench.clock.advance(60);
    await master.step();
    expect(await bench.request(brid)).toMatchObject({ complete: 0, results: null });
    expect(await bench.claimed(brid)).toBe(false);
    expect((await bench.builds(brid))[0]!.finish_time).not.toBeNull();

    bench.clock.advance(1);
    await master.step();
    expect(await bench.claimed(brid)).toBe(true);
    expect(await bench.builds(brid)).toMatchObject([{ number: 0 }, { number: 1, finish_time: null }]);

    for (let second = 0; second < 60; second++) {
      bench.clock.advance(1);
      await master.step();
    }
    expect(bench.kinds).toEqual(['0 started', '0 finished', '1 started', '0 log_uploaded']);
  });

  it('takes a pending request back when a user of the web page cancels it', async () => {
    const master = await bench.master({ plan: () => ({ cancel: 'pending' }) });
    const brids = [await submitTask(master, TASKS[0]), await submitTask(master, TASKS[1])];
    expect(await master.cancelPending(brids[0]!)).toBe(true);
    await master.step();
    for (const brid of brids) {
      expect(await bench.request(brid)).toMatchObject({ complete: 1, results: 2 });
      expect(await bench.buildset(brid)).toMatchObject({ complete: 1, results: 2 });
      expect(await bench.builds(brid)).toEqual([]);
      // From 0.8.5 on the one who cancels claims first.
      expect(await bench.claimed(brid)).toBe(schema === 24);
    }
    expect(bench.kinds).toEqual([]);
  });

  it.each([6, 4, 2] as const)('ends a stopped build with %i', async (cancelledResult) => {
    const master = await bench.master({ plan: () => ({ hold: true }), cancelledResult });
    const brid = await submitTask(master, TASKS[0]);
    await master.step();
    expect(master.stopBuild(LINUX.name, 0)).toBe(true);
    await master.step();
    expect(await bench.request(brid)).toMatchObject({ complete: 1, results: cancelledResult });
    expect(bench.published.at(-1)!.message.payload.build).toMatchObject({
      results: cancelledResult,
      text: [{ 6: 'cancelled', 4: 'exception', 2: 'failed' }[cancelledResult], 'Interrupted', 'run_script'],
    });
    expect(master.stopBuild(LINUX.name, 0)).toBe(false);
  });

  it('ends a build by plan when a user stops it, and a held one when it is told to', async () => {
    let first: number | undefined;
    const master = await bench.master({
      builders: [{ ...LINUX, merge: false }],
      plan: ({ brid }) =>
        brid === (first ??= brid) ? { hold: true, cancel: { after: 30 } } : { hold: true },
    });
    const stopped = await submitTask(master, TASKS[0]);
    const held = await submitTask(master, TASKS[1]);
    await master.step();
    bench.clock.advance(30);
    master.finishBuild(held, 1);
    await master.step();
    expect(await bench.request(stopped)).toMatchObject({ complete: 1, results: 6 });
    expect(await bench.request(held)).toMatchObject({ complete: 1, results: 1 });
    expect(await bench.buildset(held)).toMatchObject({ complete: 1, results: 0 });
    expect(master.finishBuild(held)).toBe(false);
  });

  it('lets a build go on whose request was marked complete, and writes over it on schema 6 only', async () => {
    const master = await bench.master({ plan: () => ({ duration: 60 }) });
    const brid = await submitTask(master, TASKS[0]);
    await master.step();
    await bench.change('UPDATE buildrequests SET complete = 1, results = 2, complete_at = 5 WHERE id = ?', [
      brid,
    ]);
    bench.clock.advance(60);
    await master.step();
    expect((await bench.builds(brid))[0]!.finish_time).not.toBeNull();
    expect((await bench.request(brid)).results).toBe(schema === 6 ? 0 : 2);
  });

  it('leaves a second builds row with the same number behind when it is killed', async () => {
    const master = await bench.master({
      plan: ({ attempt }) => (attempt === 0 ? { hold: true } : { duration: 60 }),
      pipeline: { delay: { started: 10, finished: 10, log_uploaded: 60 } },
    });
    const brid = await submitTask(master, TASKS[0]);
    await master.step();
    const before = master.incarnation;
    await master.kill();
    expect(() => master.stopBuild(LINUX.name, 0)).toThrow('does not answer');
    bench.clock.advance(30);
    await master.step();
    expect(bench.kinds).toEqual([]);
    await master.restart();
    expect(master.incarnation).not.toBe(before);

    // Schema 6 knows its own incarnation's claims; schema 24 waits until the claim is too old.
    await master.step();
    expect((await bench.builds(brid)).length).toBe(schema === 6 ? 2 : 1);
    bench.clock.advance(3600);
    await master.step();
    bench.clock.advance(60);
    await master.step();
    expect(await bench.builds(brid)).toMatchObject([
      { number: 0, finish_time: null },
      { number: 0, finish_time: expect.anything() },
    ]);
    expect(await bench.request(brid)).toMatchObject({ complete: 1, results: 0 });

    bench.clock.advance(60);
    await master.step();
    expect(bench.kinds).toEqual(['0 started', '0 finished', '0 log_uploaded']);
    expect(bench.published[0]!.message._meta).toMatchObject({
      message_id: 1,
      master_incarnation: master.incarnation,
    });
  });

  it('builds what its configuration chooses next, and claims nothing when that is none', async () => {
    let chosen = 0;
    const offered: number[][] = [];
    const builder: BuilderSetting = {
      ...LINUX,
      merge: false,
      nextBuild: (requests) => {
        offered.push(requests.map(({ brid }) => brid));
        return requests.find(({ brid }) => brid === chosen);
      },
    };
    const master = await bench.master({ builders: [builder], plan: () => ({ hold: true }) });
    const brids = [await submitTask(master, TASKS[0]), await submitTask(master, TASKS[1])];
    await master.step();
    expect(offered).toEqual([brids]);
    expect([await bench.claimed(brids[0]!), await bench.claimed(brids[1]!)]).toEqual([false, false]);

    chosen = brids[1]!;
    await master.step();
    expect(await bench.claimed(brids[0]!)).toBe(false);
    expect(master.inProgress()).toMatchObject([{ buildRequestIds: [chosen] }]);
  });

  it('gives a claimed request back that has lost its worker', async () => {
    const master = await bench.master({ plan: () => ({ claimWindow: 120 }), retryPause: 60 });
    const brid = await submitTask(master, TASKS[0]);
    expect(() => master.loseWorker(brid)).toThrow('does not wait');
    await master.step();
    master.loseWorker(brid);
    bench.clock.advance(120);
    await master.step();
    expect(await bench.claimed(brid)).toBe(false);
    expect([await bench.builds(brid), bench.kinds]).toEqual([[], []]);
  });

  it('gives a request back when the worker is dead', async () => {
    const master = await bench.master({
      plan: ({ attempt }) => (attempt === 0 ? { claimWindow: 120, deadWorker: true } : { hold: true }),
    });
    const brid = await submitTask(master, TASKS[0]);
    await master.step();
    expect(await bench.claimed(brid)).toBe(true);
    bench.clock.advance(120);
    await master.step();
    expect(await bench.claimed(brid)).toBe(false);
    expect([await bench.builds(brid), bench.kinds]).toEqual([[], []]);
    bench.clock.advance(1);
    await master.step();
    expect(bench.kinds).toEqual(['0 started']);
  });

  it.each([
    ['a pair cut short', 'product', '["firefox", "bb'],
    ['three elements', 'product', '["firefox", "bbb", 1]'],
    ['no array', 'product', '{"a": 1}'],
    ['a name that is not ASCII', 'prodüct', '["firefox", "bbb"]'],
  ])('is blocked for a builder by %s, until the row is gone', async (_what, name, value) => {
    const master = await bench.master({ plan: () => ({ hold: true }) });
    const good = await submitTask(master, TASKS[0], { at: 1 });
    const bad = await submitTask(master, TASKS[1], { at: 2 });
    const { id } = await bench.buildset(bad);
    await bench.change('INSERT INTO buildset_properties VALUES (?, ?, ?)', [id, name, value]);
    await master.step();
    expect(await bench.claimed(good)).toBe(false);
    expect(master.blockedBuilders()).toMatchObject([{ buildername: LINUX.name, brid: bad }]);

    await bench.change('UPDATE buildrequests SET complete = 1 WHERE id = ?', [bad]);
    await master.step();
    expect(await bench.claimed(good)).toBe(true);
    expect(master.blockedBuilders()).toEqual([]);
  });

  it('is not blocked by odd values that Buildbot can read', async () => {
    const master = await bench.master();
    const brid = await submitTask(master, TASKS[0]);
    const { id } = await bench.buildset(brid);
    for (const value of ['["schön", "bbb"]', '[{"a": [1]}, "bbb"]', '[null, "bbb"]']) {
      await bench.change('INSERT INTO buildset_properties VALUES (?, ?, ?)', [id, 'odd', value]);
    }
    await master.step();
    expect(await bench.request(brid)).toMatchObject({ complete: 1 });
  });

  it('minds priority on schema 6, and only the age of requests on schema 24', async () => {
    const builder = { ...LINUX, merge: false, workers: ['only'] };
    const master = await bench.master({ builders: [builder], plan: () => ({ hold: true }) });
    const older = await submitTask(master, TASKS[0], { at: 1 });
    const urgent = await submitTask(master, TASKS[1], { at: 2, priority: 1 });
    await master.step();
    expect(master.inProgress()[0]!.buildRequestIds).toEqual([schema === 6 ? urgent : older]);
  });

  it('never sees an unknown builder, a claim at NULL, or a request before it polls', async () => {
    const master = await bench.master({ pollInterval: 60, plan: () => ({ hold: true }) });
    await master.step();
    const brid = await submitTask(master, TASKS[0]);
    const unknown = await master.submit({ buildername: 'no such builder', submittedAt: 1 });
    bench.clock.advance(59);
    await master.step();
    expect(await bench.claimed(brid)).toBe(false);
    if (schema === 6) await bench.change('UPDATE buildrequests SET claimed_at = NULL WHERE id = ?', [brid]);
    bench.clock.advance(1);
    await master.step();
    expect(await bench.claimed(brid)).toBe(schema === 24);
    expect(await bench.claimed(unknown)).toBe(false);
  });

  it('reclaims the claim of a long build, which others would take after an hour', async () => {
    const first = await bench.master({ plan: () => ({ hold: true }) });
    const second = await bench.master({ name: 'bm74.example.com:/builds/buildbot/build1/master' });
    const brid = await submitTask(first, TASKS[0]);
    await first.step();
    for (let minutes = 0; minutes < 120; minutes += 10) {
      bench.clock.advance(600);
      await first.step();
    }
    await second.step();
    expect(second.inProgress()).toEqual([]);
    expect(await bench.builds(brid)).toHaveLength(1);

    bench.clock.advance(3601);
    await second.step();
    expect(await bench.builds(brid)).toHaveLength(2);
  });
});
