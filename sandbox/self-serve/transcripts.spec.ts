import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Bench, LINUX, submitTask, TASKS } from '../buildbot/testing/bench.js';
import { ManualClock } from '../../test/support/doubles/manual-clock.js';
import type { Fault } from './options.js';
import { SelfServeSimulator } from './self-serve.js';

interface Transcript {
  name: string;
  request: { method: string; path: string; headers: Record<string, string> };
  response: { status: number; headers: Record<string, string>; body: unknown; location?: string };
}

const file = new URL('../../test/fixtures/selfserve/transcripts.json', import.meta.url);
const transcripts = JSON.parse(readFileSync(file, 'utf8')) as Transcript[];

/** The bridge never asks for one, and the simulator has none. */
const NOT_SIMULATED = ['rebuild request'];

const MASTER = 'buildbot-master73.bb.releng.usw2.mozilla.com:/builds/buildbot/build1/master';
const [BRID, BID] = [86_818_747, 90_000_123];

describe('the recorded answers of Self Serve', () => {
  let bench: Bench;
  let clock: ManualClock;
  let selfServe: SelfServeSimulator | undefined;
  beforeEach(async () => {
    bench = await Bench.open('sqlite', 6);
    clock = bench.clock;
    clock.advance(1_494_587_060 - clock.now());
    selfServe = undefined;
  });
  afterEach(async () => {
    await selfServe?.close();
    await bench.close();
  });

  async function startSelfServe(fault?: Fault, firstJobId = 1_234_567) {
    const master = await bench.master({ name: MASTER, plan: () => ({ claimWindow: 4, hold: true }) });
    master.continueNumbersAt(LINUX.name, 105);
    await bench.change('UPDATE buildrequests SET id = ? WHERE id = ?', [
      BRID,
      await submitTask(master, TASKS[0]),
    ]);
    selfServe = await SelfServeSimulator.start({
      databaseUrl: bench.url,
      schema: 6,
      clock,
      masters: () => [master],
      branches: ['mozilla-central'],
      firstJobId,
      fault: ({ method }) => (method === 'DELETE' ? fault : undefined),
    });
    return { master, selfServe };
  }

  async function building(firstJobId?: number) {
    const made = await startSelfServe(undefined, firstJobId);
    await made.master.step();
    clock.advance(4);
    await made.master.step();
    await bench.change('UPDATE builds SET id = ? WHERE brid = ?', [BID, BRID]);
    return made;
  }

  async function cancelled(made: { selfServe: SelfServeSimulator }, what: string, agentAfter?: number) {
    clock.advance(1_494_587_100 - clock.now());
    await fetch(`${made.selfServe.url}/mozilla-central/${what}`, {
      method: 'DELETE',
      headers: { Accept: 'application/json', 'X-Remote-User': 'buildbot-bridge' },
    });
    if (agentAfter === undefined) return;
    clock.advance(agentAfter);
    await made.selfServe.step();
  }

  const ARRANGED: Record<string, () => Promise<unknown>> = {
    'cancel build accepted': () => building(1_234_568),
    'build info': () => building(),
    'job row not stored': () => startSelfServe({ kind: 'job-not-stored' }),
    'broker down': () => startSelfServe({ kind: 'broker-down' }),
    'job pending': async () => cancelled(await startSelfServe(), `request/${BRID}`),
    'job done, request was pending': async () => cancelled(await startSelfServe(), `request/${BRID}`, 2),
    'job done, request already complete': async () => {
      const made = await startSelfServe();
      await bench.change('UPDATE buildrequests SET complete = 1');
      await cancelled(made, `request/${BRID}`, 2);
    },
    'job failed on agent': async () => {
      const made = await building(1_234_568);
      await made.master.kill();
      await cancelled(made, `build/${BID}`, 60);
    },
    reprioritize: () => startSelfServe(undefined, 1_234_569),
  };

  it.each(transcripts.filter(({ name }) => !NOT_SIMULATED.includes(name)))(
    'are the simulator’s: $name',
    async ({ name, request, response }) => {
      await (ARRANGED[name] ?? startSelfServe)();
      const got = await fetch(new URL(request.path, selfServe!.url), {
        method: request.method,
        headers: { ...request.headers, ...(request.headers.Accept ? {} : { Accept: '*/*' }) },
        redirect: 'manual',
        ...(request.method === 'PUT' ? { body: new URLSearchParams({ priority: '1' }) } : {}),
      });
      expect(got.status).toBe(response.status);
      expect(got.headers.get('content-type')).toBe(response.headers['Content-Type']);
      expect(got.headers.get('location')).toBe(response.location ?? null);
      const text = await got.text();
      if (typeof response.body === 'object') expect(JSON.parse(text)).toEqual(response.body);
      else expect(text.length > 0).toBe(response.body !== '');
      if (response.status === 403) expect(text).toContain('ACCESS DENIED!');
    },
  );

  it('are all replayed but those named', () => {
    const names = transcripts.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining([...NOT_SIMULATED, ...Object.keys(ARRANGED)]));
    expect(names).toHaveLength(19);
  });

  it('refuse what cannot be reprioritized', async () => {
    const made = await startSelfServe();
    const put = async (priority: string) => {
      const answer = await fetch(`${made.selfServe.url}/mozilla-central/request/${BRID}?format=json`, {
        method: 'PUT',
        headers: { 'X-Remote-User': 'buildbot-bridge' },
        body: new URLSearchParams({ priority }),
      });
      return [answer.status, ((await answer.json()) as { msg: string }).msg];
    };
    expect(await put('high')).toEqual([400, 'Bad priority']);
    await made.master.step();
    expect(await put('1')).toEqual([400, 'Request is already running']);
    await bench.change('UPDATE buildrequests SET complete = 1');
    expect(await put('1')).toEqual([400, 'Request already complete']);
  });
});
