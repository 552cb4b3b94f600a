import { describe, expect, it } from '@jest/globals';
import { MasterCalls, newKey } from '../../support/real-buildbot/master-calls.js';
import { type MasterUnderTest, withMaster } from '../../support/real-buildbot/masters.js';

/** What the plugin of `buildbot/` promises. */
export function describePluginFacts(name: string, start: () => Promise<MasterUnderTest>): void {
  describe(`the scheduler plugin: ${name}`, () => {
    const found = withMaster(start);
    const create = (...args: Parameters<MasterCalls['create']>) => found.calls.create(...args);
    const requestsOf = async (key: string) => {
      const sets = await found.calls.buildsets(key);
      return sets.length === 0
        ? []
        : found.master.rest.rows(
            `/buildrequests?${sets.map(({ bsid }) => `buildsetid__in=${bsid}`).join('&')}`,
          );
    };

    it('tells its protocol in its label', async () => {
      const [row] = await found.master.rest.rows('/forceschedulers/bridge');
      expect(row).toMatchObject({ name: 'bridge', label: 'bridge-protocol 1' });
    });

    it('creates a request with its properties, source stamp and reason', async () => {
      const key = newKey();
      const properties = {
        taskId: 'x',
        nested: { a: [1, null, 'ż☃'] },
        big: 'x'.repeat(60_000),
        'a name': 1.5,
      };
      const sourcestamp = {
        branch: 'releases/x',
        revision: 'abc',
        repository: 'https://hg.example/x',
        project: 'p',
      };
      const made = await create({ key, properties, sourcestamp, reason: 'for task x' });

      expect(made).toEqual({
        buildset: expect.any(Number),
        request: expect.any(Number),
        withdrawn: false,
        created: true,
      });
      const [set] = await found.master.rest.rows(`/buildsets/${made.buildset}`);
      expect(set).toMatchObject({ external_idstring: key, reason: 'for task x', complete: false });
      expect(set.sourcestamps).toEqual([
        expect.objectContaining({ ...sourcestamp, codebase: '', patch: null }),
      ]);
      const [row] = await found.master.rest.rows(`/buildsets/${made.buildset}/properties`);
      expect(row).toEqual({
        ...Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, [value, 'bridge']])),
        scheduler: ['bridge', 'Scheduler'],
        bridge_id: [key, 'Scheduler'],
      });
      const { builderid } = await found.calls.builder('slow');
      expect(await found.calls.request(made.request!)).toMatchObject({
        builderid,
        buildsetid: made.buildset,
      });
      expect((await found.calls.running(made.request!)).builderid).toBe(builderid);
    });

    it('gives the priority to a master that has priorities', async () => {
      const { body } = await found.master.rest.get('/config');
      const [, version] = body.versions.find(([name]: [string]) => name === 'Buildbot');
      const [major, minor] = version.split('.').map(Number);
      const { request } = await create({ key: newKey(), builderNames: ['unserved'], priority: 7 });
      expect((await found.calls.request(request!)).priority).toBe(major > 3 || minor >= 9 ? 7 : 0);
    });

    it('creates nothing for a repeated call, and tells what the first created', async () => {
      const key = newKey();
      const first = await create({ key });
      expect(await create({ key })).toEqual({ ...first, created: false });
      // The same on another scheduler, and after the request has ended.
      expect(await create({ key }, 'bridge_two')).toEqual({ ...first, created: false });
      await found.calls.cancelAll();
      expect(await create({ key })).toEqual({ ...first, created: false });
      expect(await requestsOf(key)).toHaveLength(1);
    });

    it('creates one request for twenty calls of two clients at once', async () => {
      const key = newKey();
      const other = new MasterCalls(found.master.rest.another(), 'bridge_two');
      await Promise.all([found.master.rest.login(), other.rest.login()]);
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) => (index % 2 ? other : found.calls).create({ key })),
      );
      expect(answers.filter(({ created }) => created)).toHaveLength(1);
      expect(new Set(answers.map(({ request }) => request)).size).toBe(1);
      expect(await requestsOf(key)).toHaveLength(1);
    });

    it('has created exactly one when the client was gone before the answer', async () => {
      const key = newKey();
      const call = { key, builderNames: ['slow'] };
      for (let attempt = 0; attempt < 5; attempt++)
        await found.master.rest.send('/forceschedulers/bridge', 'force', call);
      const [first] = await found.calls.until(
        () => requestsOf(key),
        (rows) => rows.length > 0,
      );
      expect(await create(call)).toMatchObject({ request: first.buildrequestid, created: false });
      expect(await requestsOf(key)).toHaveLength(1);
    });

    it('creates again when the caller names the build set that it replaces, and once only', async () => {
      const key = newKey();
      const first = await create({ key });
      await found.calls.cancelAll();

      const again = { key, after: first.buildset };
      const second = await create(again);
      expect(second).toMatchObject({ created: true });
      expect(second.request).not.toBe(first.request);
      expect(await create(again)).toEqual({ ...second, created: false });
      // The first call, which arrives late, and one that replaces what never was.
      expect(await create({ key })).toEqual({ ...second, created: false });
      expect(await create({ key, after: second.buildset + 1 })).toEqual({ ...second, created: false });
      expect(await requestsOf(key)).toHaveLength(2);
    });

    it('creates one of several replacements at once', async () => {
      const key = newKey();
      const { buildset } = await create({ key, withdraw: true });
      const answers = await Promise.all(Array.from({ length: 10 }, () => create({ key, after: buildset })));
      expect(answers.filter(({ created }) => created)).toHaveLength(1);
      expect(await requestsOf(key)).toHaveLength(1);
    });

    it('withdraws for good: a call that arrives later creates nothing', async () => {
      const key = newKey();
      const tombstone = await create({ key, withdraw: true });
      expect(tombstone).toEqual({
        buildset: expect.any(Number),
        request: null,
        withdrawn: true,
        created: true,
      });
      const [set] = await found.master.rest.rows(`/buildsets/${tombstone.buildset}`);
      expect(set).toMatchObject({ complete: true, external_idstring: key });

      expect(await create({ key })).toEqual({ ...tombstone, created: false });
      expect(await create({ key, withdraw: true })).toEqual({ ...tombstone, created: false });
      expect(await found.calls.buildsets(key)).toHaveLength(1);
    });

    it('creates after a withdrawal that the call names, and withdraws that again', async () => {
      const key = newKey();
      const tombstone = await create({ key, withdraw: true });
      const made = await create({ key, after: tombstone.buildset });
      expect(made).toMatchObject({ created: true, withdrawn: false, request: expect.any(Number) });
      expect(await create({ key, withdraw: true, after: made.buildset })).toMatchObject({
        ...{ created: true, withdrawn: true, request: null },
      });
    });

    it('does not withdraw what has been created: it tells the request', async () => {
      const key = newKey();
      const made = await create({ key });
      expect(await create({ key, withdraw: true })).toEqual({ ...made, created: false });
    });

    it('takes a create or a withdrawal, whichever is first', async () => {
      for (let round = 0; round < 5; round++) {
        const key = newKey();
        const [made, withdrawn] = await Promise.all([create({ key }), create({ key, withdraw: true })]);
        expect([made.created, withdrawn.created].sort()).toEqual([false, true]);
        expect({ ...made, created: 0 }).toEqual({ ...withdrawn, created: 0 });
      }
    });

    it('tells keys apart by case and by trailing spaces', async () => {
      const key = 'Abc' + newKey();
      const answers = [
        await create({ key }),
        await create({ key: key.toLowerCase() }),
        await create({ key: `${key} ` }),
      ];
      expect(answers.map(({ created }) => created)).toEqual([true, true, true]);
      expect(new Set(answers.map(({ request }) => request)).size).toBe(3);
    });

    it('tells the original, not the copies that a user has rebuilt', async () => {
      const key = newKey();
      const made = await create({ key, builderNames: ['good'] });
      await found.calls.completed(made.request!);
      const { buildid } = (await found.calls.build(made.request!))!;
      const copies = [await found.calls.rebuild(buildid), await found.calls.rebuild(buildid)];
      expect(await found.calls.buildsets(key)).toHaveLength(3);

      expect(await create({ key, builderNames: ['good'] })).toEqual({ ...made, created: false });
      const next = await create({ key, builderNames: ['good'], after: made.buildset });
      expect(next.created).toBe(true);
      expect([made.request, ...copies]).not.toContain(next.request);
    });

    it('is not collapsed with an equal request, where requests of the stock scheduler are', async () => {
      await found.calls.running((await create({ key: newKey(), builderNames: ['merging'] })).request!);
      const made = [];
      for (const key of [newKey(), newKey(), newKey()])
        made.push((await create({ key, builderNames: ['merging'] })).request!);
      const stock = [await found.calls.force('merging'), await found.calls.force('merging')];

      expect(await found.calls.completed(stock[0]!)).toMatchObject({ results: 3 });
      for (const request of made)
        expect(await found.calls.request(request)).toMatchObject({ complete: false });
    });

    it('searches no build set that is older than the caller says', async () => {
      const key = newKey();
      const { buildset } = await create({ key });
      const [{ submitted_at: at }] = await found.master.rest.rows(`/buildsets/${buildset}`);
      expect(await create({ key, since: at })).toMatchObject({ created: false });
      expect(await create({ key, since: at + 1 })).toMatchObject({ created: true });
    });

    it.each([
      ['no key', { key: undefined }, 'key'],
      ['an empty key', { key: '' }, 'key'],
      ['a key that is too long', { key: 'x'.repeat(257) }, 'key'],
      ['a number as key', { key: 5 }, 'key'],
      ['no builder', { builderNames: undefined }, 'builderNames'],
      ['an unknown builder', { builderNames: ['nosuch'] }, 'builderNames'],
      ['two builders', { builderNames: ['good', 'slow'] }, 'builderNames'],
      ['a text as builders', { builderNames: 'good' }, 'builderNames'],
      ['the id of a builder', { builderid: 1 }, 'builderid'],
      ['an unknown parameter', { colour: 'red' }, 'colour'],
      ['a text as after', { after: '5' }, 'after'],
      ['a text as withdraw', { withdraw: 'no' }, 'withdraw'],
      ['a list of properties', { properties: [] }, 'properties'],
      ['a name of a property that is too long', { properties: { ['x'.repeat(257)]: 1 } }, 'properties'],
      ['an unknown part of a source stamp', { sourcestamp: { colour: 'red' } }, 'sourcestamp'],
      ['a number as branch', { sourcestamp: { branch: 5 } }, 'sourcestamp'],
      ['a reason that is too long', { reason: 'x'.repeat(257) }, 'reason'],
      ['a NUL in the reason', { reason: 'a\0b' }, 'reason'],
      ['half a surrogate pair in the reason', { reason: '\ud83d' }, 'reason'],
      ['the reason of copies that a user makes', { reason: 'rebuild' }, 'reason'],
      ['the reason of withdrawals', { reason: 'withdrawn by the bridge' }, 'reason'],
      ['a fraction as priority', { priority: 1.5 }, 'priority'],
    ])('refuses %s', async (_, changes, parameter) => {
      const key = newKey();
      const answer = await found.calls.tryCreate({ key, builderNames: ['unserved'], ...changes });
      expect(answer.status).toBe(400);
      expect(answer.body.error).toMatchObject({
        code: -32602,
        message: { [parameter]: expect.any(String) },
      });
      expect(Object.keys(answer.body.error.message)).toEqual([parameter]);
      expect(await found.calls.buildsets(key)).toEqual([]);
    });

    it('refuses a property that JSON has no word for', async () => {
      const params = JSON.stringify({
        key: newKey(),
        builderNames: ['unserved'],
        properties: { a: 'here' },
      });
      const body = `{"jsonrpc": "2.0", "id": 1, "method": "force", "params": ${params.replace('"here"', 'NaN')}}`;
      const answer = await found.master.rest.post('/forceschedulers/bridge', body);
      expect(answer).toMatchObject({
        status: 400,
        body: { error: { message: { properties: expect.any(String) } } },
      });
    });

    it('is closed to clients without a login', async () => {
      const key = newKey();
      const call = { key, builderNames: ['unserved'] };
      const answer = await found.master.rest.anonymous().call('/forceschedulers/bridge', 'force', call);
      expect(answer.status).toBe(403);
      expect(await found.calls.buildsets(key)).toEqual([]);
    });
  });
}
