import { afterEach, describe, expect, it } from '@jest/globals';
import { BuildbotMasters } from '@bbb/modern-buildbot';
import { eventually } from '../../test/support/eventually.js';
import { MasterCalls, newKey } from '../../test/support/real-buildbot/master-calls.js';
import { MasterRest } from '../../test/support/real-buildbot/master-rest.js';
import { useUndo } from '../../test/support/undo.js';
import { type MasterTimes, ModernMasterSimulator } from './index.js';

const account = { user: 'bridge', password: 'secret' };

// What real masters of the tests cannot show: their faults, and versions that are not installed.
describe('ModernMasterSimulator', () => {
  const undo = useUndo(afterEach);

  async function start(version = '3.7.0', times: Partial<MasterTimes> = {}) {
    const master = await ModernMasterSimulator.start({
      configuration: {
        builders: [
          { name: 'held', workers: ['main'], steps: () => [{ name: 'wait', hold: true }] },
          { name: 'unserved', workers: [], steps: () => [] },
        ],
        workers: [{ name: 'main', maxBuilds: 1 }],
        bridgeSchedulers: ['bridge'],
      },
      accounts: { passwords: { [account.user]: account.password }, controllers: [account.user] },
      version,
      times,
    });
    undo.push(() => master.kill());
    return { master, calls: new MasterCalls(new MasterRest(master.url, account)) };
  }

  function connect(url: string): BuildbotMasters {
    const masters = new BuildbotMasters({
      ...{ url, masters: {}, ...account, scheduler: 'bridge', timeout: 2, maxConnections: 2 },
    });
    undo.push(() => masters.onApplicationShutdown());
    return masters;
  }

  const spec = (taskId: string) => ({
    ...{ taskId, createdForRunId: 0, scheduledAt: 0, buildername: 'unserved', branch: null, revision: null },
    ...{ repository: '', project: '', properties: {}, priority: 1 },
  });
  const wanted = async () => true;

  it.each([
    ['3.7.0', 0],
    ['4.3.0', 7],
  ])('version %s has the priority %i', async (version, priority) => {
    const { calls } = await start(version);
    const { request } = await calls.create({ key: newKey(), builderNames: ['unserved'], priority: 7 });
    expect(await calls.request(request!)).toMatchObject({ priority });
  });

  it.each([
    ['3.7.0', false],
    ['4.3.0', true],
  ])('version %s, a cancellation while a request is being taken has an effect: %s', async (version, has) => {
    const { master, calls } = await start(version, { claim: 1.5 });
    const { request } = await calls.create({ key: newKey(), builderNames: ['held'] });
    await calls.until(
      () => calls.request(request!),
      ({ claimed }) => claimed,
    );
    expect(await calls.builds(request!)).toEqual([]);
    await calls.cancel(request!);
    if (has) expect(await calls.completed(request!)).toMatchObject({ results: 6 });
    else {
      await calls.until(
        () => calls.rest.rows(`/builds?buildrequestid=${request}`),
        ({ length }) => length > 0,
      );
      // Its worker is still being prepared.
      master.finishBuild(request!);
      expect(await calls.completed(request!)).toMatchObject({ results: 0 });
    }
  });

  it('lost sessions are refused until the next login, which the bridge makes by itself', async () => {
    const { master, calls } = await start();
    const bridge = connect(master.url);
    const call = { key: newKey(), builderNames: ['unserved'] };
    await calls.create(call);
    await bridge.create(spec('AAAAAAAAAAAAAAAAAAAAAA'), wanted);
    master.loseSessions();
    expect((await calls.tryCreate(call)).status).toBe(403);
    expect(await bridge.create(spec('BAAAAAAAAAAAAAAAAAAAAA'), wanted)).toEqual(expect.any(Number));
  });

  it('a lost answer has its effect once, and a lost body is read again', async () => {
    const { master } = await start();
    const bridge = connect(master.url);
    let lost = 0;
    master.web.faults = ({ verb }) => (verb === 'POST' && lost++ === 0 ? 'lost answer' : 'pass');
    const order = spec('AAAAAAAAAAAAAAAAAAAAAA');
    await expect(bridge.create(order, wanted)).rejects.toMatchObject({ name: 'Unavailable' });
    const id = await bridge.create(order, wanted);
    expect(master.database.requests.all()).toMatchObject([{ buildrequestid: id }]);

    let cut = 0;
    master.web.faults = ({ path }) => (path.endsWith('/buildrequests') && cut++ === 0 ? 'no body' : 'pass');
    expect((await bridge.readSnapshots([id!])).size).toBe(1);
    expect(cut).toBe(2);
  });

  it('version 4.3.0 sends an answer in some hundreds without its body, which the bridge reads again', async () => {
    const { master, calls } = await start('4.3.0');
    const { request } = await calls.create({ key: newKey(), builderNames: ['unserved'] });
    const { faults } = master.web;
    let lost = 0;
    master.web.faults = (call) => {
      const fault = faults(call);
      if (fault === 'no body') lost++;
      return fault;
    };
    const bridge = connect(master.url);
    for (let read = 0; read < 150; read++)
      expect((await bridge.readSnapshots([request!])).get(request!)).toMatchObject({
        state: { at: 'waiting' },
      });
    expect(lost).toBe(1);
  }, 60_000);

  it('a call that a killed process has received has no effect', async () => {
    const { master, calls } = await start();
    await calls.rest.login();
    master.web.latency = 200;
    const call = calls.create({ key: newKey(), builderNames: ['unserved'] }).catch(() => 'failed');
    await eventually(async () => expect(master.web.calls.count(/^POST/)).toBe(1));
    await master.kill();
    expect(await call).toBe('failed');
    await master.start();
    expect(master.database.requests.all()).toEqual([]);
  });

  it('a request line of more than 16 KiB closes the connection', async () => {
    const { calls } = await start();
    const query = Array.from({ length: 700 }, (_, index) => `buildrequestid__in=${index + 100_000}`);
    await expect(calls.rest.rows(`/buildrequests?${query.join('&')}`)).rejects.toThrow('fetch failed');
  });
});
