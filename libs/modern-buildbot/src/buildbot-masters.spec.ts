import { beforeEach, describe, expect, it } from '@jest/globals';
import type { RequestKey, RequestSnapshot, RequestSpec } from '@bbb/rules';
import type { BuildbotMasters } from './buildbot-masters.js';
import { useMaster } from './testing/use-master.js';
import { json, ScriptedMaster } from './testing/scripted-master.js';
import type { Tables } from './testing/tables.js';

const TASK = 'AAAAAAAAAAAAAAAAAAAAAA';
const key = (run: number): RequestKey => ({ taskId: TASK, createdForRunId: run, scheduledAt: 4000 });
const spec = (run: number): RequestSpec => ({
  ...key(run),
  ...{ buildername: 'linux', branch: 'b', revision: null, repository: '', project: '' },
  ...{ properties: { product: 'x' }, priority: 1 },
});
const wanted = async () => true;
const unasked = () => Promise.reject(new Error('asked'));

describe('BuildbotMasters', () => {
  const current = useMaster();
  const { connect } = current;
  let tables: Tables;
  let masters: BuildbotMasters;
  beforeEach(() => {
    ({ tables } = current);
    masters = connect();
  });

  /** Answers the plugin's calls, and returns the parameters of those that came. */
  function answerForce(answer: object) {
    const calls: Record<string, unknown>[] = [];
    tables.call = ({ body }, response) => {
      calls.push(body.params!);
      json(response, { result: answer });
    };
    return calls;
  }

  describe('snapshots', () => {
    it('read requests before builds, and name the newest build', async () => {
      tables.request(3, { claimed: true });
      tables.build(7, 3, { complete: true, complete_at: 1990, results: 5 });
      tables.build(9, 3);
      expect(await masters.readSnapshots([3, 4])).toEqual(
        new Map([
          [
            3,
            {
              ...{ buildRequestId: 3, key: { taskId: TASK, createdForRunId: 3 }, buildername: 'linux' },
              state: { at: 'building', build: { buildId: 9, number: 9 } },
            },
          ],
        ]),
      );
      expect(tables.asked).toEqual(expect.arrayContaining(['GET /builds', 'GET /buildsets']));
      expect(tables.asked[0]).toBe('GET /buildrequests');
    });

    it('take two calls for 500 requests once their keys are known', async () => {
      const ids = Array.from({ length: 1200 }, (_, index) => tables.request(index + 1));
      expect((await masters.readSnapshots(ids)).size).toBe(1200);
      const before = tables.asked.length;
      expect((await masters.readSnapshots(ids)).size).toBe(1200);
      const after = tables.asked.slice(before);
      expect(after.filter((path) => path === 'GET /buildrequests')).toHaveLength(3);
      expect(after.filter((path) => path === 'GET /builds')).toHaveLength(3);
      expect(after).toHaveLength(6);
      for (const { query } of tables.master.seen)
        expect(query.getAll('buildrequestid__in').length).toBeLessThanOrEqual(500);
    });

    const stopped = { complete: true, complete_at: 1, results: 6 };

    it.each([
      ['in the state', 'cancelled (Master Shutdown) in a step', undefined, undefined, 'dropped', 0],
      ['in a log of the step', "'make' (cancelled)", 'Master Shutdown', 'cancelled', 'dropped', 3],
      [
        'in the log of a step that waited',
        'waiting',
        'Master Shutdown',
        'cancelled_while_waiting_for_locks',
        'dropped',
        3,
      ],
      ['of a user in the state', 'cancelled (why) in a step', undefined, undefined, 'finished', 0],
      ['of a user in a log', "'make' (cancelled)", 'why', 'cancelled', 'finished', 3],
      ['nowhere', "'make' (cancelled)", undefined, undefined, 'finished', 2],
    ])('find the reason of a stop %s', async (_, text, reason, slug, at, calls) => {
      tables.request(3, stopped);
      tables.build(7, 3, { ...stopped, state_string: text });
      tables.stop(7, reason, slug);
      expect((await masters.readSnapshots([3])).get(3)).toMatchObject({ state: { at } });
      expect(tables.asked.filter((path) => /steps|logs/.test(path))).toHaveLength(calls);
    });

    it('contain the error of a request whose build cannot be read', async () => {
      tables.request(3, stopped);
      tables.build(7, 3, { ...stopped, state_string: "'make' (cancelled)" });
      tables.request(4);
      const { answer } = tables.master;
      tables.master.answer = (seen, response) =>
        seen.path.endsWith('/steps') ? json(response, {}, 500) : answer(seen, response);
      const found = await masters.readSnapshots([3, 4]);
      expect(found.get(3)).toMatchObject({ name: 'Unavailable' });
      expect(found.get(4)).toMatchObject({ state: { at: 'waiting' } });
    });

    it('make no call for no ids', async () => {
      expect(await masters.readSnapshots([])).toEqual(new Map());
      expect(tables.asked).toEqual([]);
    });

    it('read a key again when its id was reused for another request', async () => {
      tables.request(3);
      await masters.readSnapshots([3]);
      tables.rows.buildsets[0]!.external_idstring = `${TASK}/77`;
      expect((await masters.readSnapshots([3])).get(3)).toMatchObject({ key: { createdForRunId: 3 } });
      tables.rows.buildrequests[0]!.submitted_at = 9999;
      expect((await masters.readSnapshots([3])).get(3)).toMatchObject({ key: { createdForRunId: 77 } });
    });

    it.each([['buildrequests' as const], ['builds' as const], ['buildsets' as const]])(
      'are not believed when a filter on %s was ignored',
      async (name) => {
        for (const id of [3, 4]) tables.build(id, tables.request(id));
        const { answer } = tables.master;
        tables.master.answer = (seen, response) =>
          seen.path.endsWith(name) ? json(response, { [name]: tables.rows[name] }) : answer(seen, response);
        await expect(masters.readSnapshots([3])).rejects.toMatchObject({
          ...{ name: 'Unavailable', message: expect.stringContaining('not requested') },
        });
      },
    );
  });

  describe('listMarkedOpenRequests', () => {
    it('skips other requests, over as many pages as needed', async () => {
      for (let id = 1; id <= 1100; id++)
        tables.request(id, {}, id % 550 === 0 ? {} : { external_idstring: null });
      tables.request(1101, { complete: true });
      tables.request(1102, {}, { reason: 'rebuild' });
      expect(await masters.listMarkedOpenRequests(0, 100)).toEqual([
        { buildRequestId: 550, taskId: TASK, createdForRunId: 550, createdAt: 1550 },
        { buildRequestId: 1100, taskId: TASK, createdForRunId: 1100, createdAt: 2100 },
      ]);
      expect(await masters.listMarkedOpenRequests(0, 1)).toMatchObject([{ buildRequestId: 550 }]);
      expect(await masters.listMarkedOpenRequests(550, 1)).toMatchObject([{ buildRequestId: 1100 }]);
    });
  });

  describe('create', () => {
    const made = { buildset: 9, request: 8, withdrawn: false, created: true };

    it('sends the plugin the whole spec, and the newest known build set', async () => {
      const calls = answerForce(made);
      expect(await masters.create(spec(2), wanted)).toBe(8);
      expect(calls).toEqual([
        {
          ...{ key: `${TASK}/2`, after: 0, since: 400, builderNames: ['linux'] },
          properties: { product: 'x', taskId: TASK, createdForRunId: 2 },
          sourcestamp: { branch: 'b', revision: null, repository: '', project: '' },
          ...{ reason: `Created by Buildbot Bridge for task ${TASK}`, priority: 1 },
        },
      ]);
    });

    it('shares a look-up among simultaneous calls', async () => {
      answerForce(made);
      await Promise.all(Array.from({ length: 50 }, (_, run) => masters.create(spec(run), wanted)));
      expect(tables.asked.filter((path) => path === 'GET /buildsets')).toHaveLength(1);
      expect(tables.asked.filter((path) => path.startsWith('GET'))).toHaveLength(1);
    });

    it('finds an existing request, whatever its result', async () => {
      tables.request(2, { complete: true, complete_at: 1, results: 6 });
      expect(await masters.create(spec(2), unasked)).toBe(2);
      expect(await masters.find(key(2))).toBe(2);
    });

    it.each([
      ['collapsed', 3, 'text'],
      ['ended by a planned stop', 6, 'cancelled (Master Shutdown) in a step'],
    ])('replaces a request that was %s', async (_, results, text) => {
      tables.request(2, { complete: true, complete_at: 1, results });
      tables.build(7, 2, { complete: true, complete_at: 1, results, state_string: text });
      const calls = answerForce(made);
      expect(await masters.find(key(2))).toBeUndefined();
      expect(await masters.create(spec(2), wanted)).toBe(8);
      expect(calls).toMatchObject([{ after: 2 }]);
    });

    it('ignores keys that only the database treats as equal, copies, and sets without a request', async () => {
      tables.request(1, {}, { external_idstring: `${TASK}/2`.toLowerCase() });
      tables.request(4, {}, { external_idstring: `${TASK}/2`, reason: 'rebuild' });
      tables.set(5, { external_idstring: `${TASK}/2` });
      const { answer } = tables.master;
      tables.master.answer = (seen, response) => {
        if (seen.path !== '/api/v2/buildsets') return answer(seen, response);
        json(response, { buildsets: [...tables.rows.buildsets].reverse() });
      };
      const calls = answerForce(made);
      expect(await masters.create(spec(2), wanted)).toBe(8);
      expect(calls).toMatchObject([{ after: 0 }]);
    });

    it('waits after a withdrawal until the withdrawing process must have ended', async () => {
      tables.set(3, { external_idstring: `${TASK}/2`, reason: 'withdrawn by the bridge' });
      const calls = answerForce(made);
      expect(await masters.create(spec(2), unasked)).toBeUndefined();
      expect(await masters.create(spec(2), unasked)).toBeUndefined();
      const patient = connect({ withdrawalGrace: 0 });
      expect(await patient.create(spec(2), unasked)).toBeUndefined();
      expect(await patient.create(spec(2), wanted)).toBe(8);
      expect(calls).toMatchObject([{ after: 3 }]);
    });

    it('returns undefined when a withdrawal came in between', async () => {
      answerForce({ buildset: 9, request: null, withdrawn: true, created: false });
      expect(await masters.create(spec(2), wanted)).toBeUndefined();
    });

    it('throws when the plugin reports success without a request', async () => {
      answerForce({ buildset: 9, request: null, withdrawn: false, created: true });
      await expect(masters.create(spec(2), wanted)).rejects.toMatchObject({ name: 'Unavailable' });
      tables.call = (_, response) => json(response, { result: null });
      await expect(masters.create(spec(2), wanted)).rejects.toMatchObject({ name: 'Unavailable' });
    });

    it('has room while a builder has fewer open requests than its maximum, own creations counted', async () => {
      for (const id of [11, 12]) tables.request(id);
      tables.request(13, { complete: true });
      answerForce(made);
      const limited = connect({ maxOpenPerBuilder: 3 });
      expect(await limited.hasRoomFor('linux')).toBe(true);
      await limited.create(spec(2), wanted);
      expect(await limited.hasRoomFor('linux')).toBe(false);
      // Others have room, also unknown ones, and those without a maximum.
      expect(await limited.hasRoomFor('Amiga')).toBe(true);
      expect(await masters.hasRoomFor('linux')).toBe(true);
      // The number of requests was read once.
      expect(tables.asked.filter((path) => path === 'GET /buildrequests')).toHaveLength(1);
    });
  });

  describe('withdraw', () => {
    const withdrawn = { buildset: 9, request: null, withdrawn: true, created: true };

    it('forgets after the plugin has closed the key, and leaves it open to its own process', async () => {
      const calls = answerForce(withdrawn);
      let atForget = 0;
      const forget = async () => void (atForget = calls.length);
      expect(await masters.withdraw(key(2), forget)).toBeUndefined();
      expect([atForget, calls]).toEqual([1, [{ key: `${TASK}/2`, after: 0, since: 400, withdraw: true }]]);
      tables.set(9, { external_idstring: `${TASK}/2`, reason: 'withdrawn by the bridge' });
      answerForce({ buildset: 10, request: 8, withdrawn: false, created: true });
      expect(await masters.create(spec(2), wanted)).toBe(8);
    });

    it('returns a request that was created in between, and forgets nothing', async () => {
      answerForce({ buildset: 9, request: 8, withdrawn: false, created: false });
      expect(await masters.withdraw(key(2), unasked)).toBe(8);
    });

    it('closes the key after a dropped request', async () => {
      tables.request(2, { complete: true, complete_at: 1, results: 3 });
      const calls = answerForce(withdrawn);
      expect(await masters.withdraw(key(2), async () => {})).toBeUndefined();
      expect(calls).toMatchObject([{ after: 2, withdraw: true }]);
    });
  });

  describe('cancel', () => {
    const readSnapshot = async (id: number) => (await masters.readSnapshots([id])).get(id) as RequestSnapshot;
    const posts = () => tables.asked.filter((path) => path.startsWith('POST'));

    it('asks the master that has claimed the request', async () => {
      const other = await ScriptedMaster.start();
      other.answer = (_, response) => json(response, { result: null });
      try {
        tables.rows.masters.push({ masterid: 2, name: 'second:/srv' }, { masterid: 1, name: 'first:/srv' });
        const two = connect({ masters: { 'second:/srv': other.url } });
        for (const [id, masterid] of [
          [3, 2],
          [4, 1],
        ] as const) {
          tables.request(id, { claimed: true, claimed_by_masterid: masterid });
          tables.build(id, id);
          await two.cancel(await readSnapshot(id));
        }
        expect(other.seen.map(({ path }) => path)).toEqual(['/api/v2/buildrequests/3']);
        expect(posts()).toEqual(['POST /buildrequests/4']);
        expect(tables.master.seen.at(-1)!.body).toMatchObject({
          ...{ method: 'cancel', params: { reason: `Buildbot Bridge: no longer needed by task ${TASK}` } },
        });
      } finally {
        await other.close();
      }
    });

    it('makes no call between the claim of a request and the start of its build, nor after its end', async () => {
      tables.request(3, { claimed: true, claimed_by_masterid: 1 });
      await masters.cancel(await readSnapshot(3));
      tables.build(6, 3, { state_string: 'created' });
      await masters.cancel(await readSnapshot(3));
      tables.rows.builds.pop();
      tables.build(6, 3, { complete: true, complete_at: 1, results: 5 });
      await masters.cancel(await readSnapshot(3));
      expect(posts()).toEqual([]);
      tables.build(7, 3);
      await masters.cancel(await readSnapshot(3));
      expect(posts()).toEqual(['POST /buildrequests/3']);
    });

    it('makes no call when the id is unknown, belongs to another request, or is complete', async () => {
      tables.request(3);
      const seen = await readSnapshot(3);
      await masters.cancel({ ...seen, buildRequestId: 99 });
      await masters.cancel({ ...seen, key: { taskId: TASK, createdForRunId: 4 } });
      await masters.cancel({ ...seen, key: null });
      tables.rows.buildrequests[0]!.complete = true;
      await masters.cancel(seen);
      expect(posts()).toEqual([]);
    });
  });

  describe('knows', () => {
    it('a builder that the scheduler serves and a running master has', async () => {
      expect(await masters.knows('linux')).toBe('known');
      expect(await masters.knows('linux')).toBe('known');
      expect(tables.asked).toEqual(['GET /builders', 'GET /forceschedulers/bridge']);
    });

    it.each([
      ['no master has it', () => tables.rows.builders.pop()],
      ['no running master has it', () => (tables.rows.builders[0]!.masterids = [])],
      ['a property has made it', () => (tables.rows.builders[0]!.tags = ['_virtual_'])],
      ['the scheduler does not serve it', () => (tables.rows.forceschedulers[0]!.builder_names = [])],
    ])('not one when %s, but only at the second read', async (_, change) => {
      change();
      const hasty = connect({ unknownGrace: 0 });
      expect(await hasty.knows('linux')).toBe('unknown');
      await expect(masters.knows('linux')).rejects.toMatchObject({ name: 'Unavailable' });
      await expect(masters.knows('linux')).rejects.toMatchObject({ name: 'Unavailable' });
    });

    it('a builder that was missing for a moment', async () => {
      const [linux] = tables.rows.builders;
      linux!.masterids = [];
      await expect(masters.knows('linux')).rejects.toMatchObject({ name: 'Unavailable' });
      linux!.masterids = [1];
      expect(await masters.knows('linux')).toBe('known');
    });
  });

  describe('health', () => {
    it('is good when REST answers, the login is accepted and the plugin is there', async () => {
      expect(await masters.findProblem()).toBeUndefined();
      expect(await masters.findSchedulerProblem()).toBeUndefined();
      expect(await masters.findLoginProblem()).toBeUndefined();
    });

    it('reports which of them fails', async () => {
      tables.rows.forceschedulers[0]!.label = 'force';
      expect(await masters.findSchedulerProblem()).toContain('its label is force');
      tables.rows.forceschedulers.pop();
      expect(await masters.findSchedulerProblem()).toContain('add a BridgeScheduler to master.cfg');
      tables.master.login = (_, response) => response.writeHead(401).end();
      expect(await masters.findLoginProblem()).toContain('does not accept the login');
      await tables.master.close();
      expect(await masters.findProblem()).toContain('no answer from the Buildbot master');
    });
  });
});
