import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { MasterRest } from '../../support/real-buildbot/master-rest.js';
import { type MasterUnderTest, withMaster } from '../../support/real-buildbot/masters.js';

/** How a modern master answers, as far as the bridge depends on it. */
export function describeRestFacts(name: string, start: () => Promise<MasterUnderTest>): void {
  describe(`REST: ${name}`, () => {
    const found = withMaster(start);
    const get = (path: string) => found.master.rest.get(path);
    const ids = (rows: { buildrequestid: number }[]) => rows.map(({ buildrequestid: id }) => id);

    it('control needs a login: not anonymous, not by Basic on the call, not with a wrong password', async () => {
      const { url, account, rest } = found.master;
      const params = { builderNames: ['unserved'] };
      expect((await rest.anonymous().call('/forceschedulers/force', 'force', params)).status).toBe(403);
      const basic = Buffer.from(`${account.user}:${account.password}`).toString('base64');
      const answer = await fetch(`${url}/api/v2/forceschedulers/force`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Basic ${basic}` },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'force', params }),
      });
      expect(answer.status).toBe(403);
      await answer.arrayBuffer();
      expect(await new MasterRest(url, { ...account, password: 'wrong' }).login()).toBe(401);
      expect(await rest.another().login()).toBe(302);
    });

    it('an account without the role is refused, and an anonymous answer sets a cookie as well', async () => {
      const { url } = found.master;
      const guest = new MasterRest(url, { user: 'guest', password: 'guest' });
      expect(await guest.login()).toBe(302);
      const params = { builderNames: ['unserved'] };
      expect((await guest.call('/forceschedulers/force', 'force', params)).status).toBe(403);
      const answer = await fetch(`${url}/api/v2/builders?limit=1`);
      await answer.arrayBuffer();
      expect(answer.headers.getSetCookie()).not.toEqual([]);
    });

    it('what is not there is a 404 with JSON as text/plain', async () => {
      for (const path of ['/buildrequests/999999999', '/forceschedulers/nosuch', '/nosuch'])
        expect(await get(`/api/v2${path}`)).toMatchObject({
          ...{ status: 404, body: { error: expect.any(String) } },
          contentType: expect.stringContaining('text/plain'),
        });
    });

    it('an unknown parameter of a query is a 400', async () => {
      for (const query of ['nosuchfield=1', 'field=buildrequestid&complete=0', 'buildrequestid__in=1,2'])
        expect(await get(`/api/v2/buildrequests?${query}`)).toMatchObject({ status: 400 });
    });

    it('an unknown builder or scheduler is a 500, an unknown method of a scheduler a success', async () => {
      const call = (scheduler: string, method: string, params: object) =>
        found.master.rest.call(`/forceschedulers/${scheduler}`, method, params);
      expect(await call('force', 'force', { builderNames: ['nosuch'] })).toMatchObject({ status: 500 });
      // A text is taken for a list of its letters.
      expect(await call('force', 'force', { builderNames: 'good' })).toMatchObject({ status: 500 });
      expect(await call('nosuch', 'force', { builderNames: ['good'] })).toMatchObject({ status: 500 });
      expect(await call('force', 'nosuch', {})).toMatchObject({ status: 200, body: { result: null } });
    });

    it('the stock scheduler drops what is not declared, and takes the first of a list', async () => {
      const request = await found.calls.force('unserved', {
        taskId: ['one', 'two'],
        colour: 'red',
        reason: 'why',
      });
      const { buildsetid } = await found.calls.request(request);
      const [properties] = await found.master.rest.rows(`/buildsets/${buildsetid}/properties`);
      expect(properties).toMatchObject({ taskId: ['one', 'Force Build Form'] });
      expect(properties).not.toHaveProperty('colour');
      expect((await found.master.rest.rows(`/buildsets/${buildsetid}`))[0]).toMatchObject({ reason: 'why' });
    });

    it('the stock scheduler takes a priority as text, and drops it where there are none', async () => {
      const { versions } = (await get('/config')).body as { versions: [string, string][] };
      const [, version] = versions.find(([name]) => name === 'Buildbot')!;
      const [major, minor] = version.split('.').map(Number);
      const request = await found.calls.force('unserved', { priority: '5' });
      const hasPriorities = major! > 3 || (major === 3 && minor! >= 9);
      expect(await found.calls.request(request)).toMatchObject({ priority: hasPriorities ? 5 : 0 });
    });

    it('__in takes 500 ids, and leaves out what is unknown', async () => {
      const made = [await found.calls.force('unserved'), await found.calls.force('unserved')];
      const others = Array.from({ length: 498 }, (_, index) => 900_000_000 + index);
      const query = [...made, ...others].map((id) => `buildrequestid__in=${id}`).join('&');
      expect(ids(await found.master.rest.rows(`/buildrequests?${query}`)).sort()).toEqual(made.sort());
      expect(await found.master.rest.rows('/buildrequests?buildrequestid__in=900000000')).toEqual([]);
      expect(ids(await found.master.rest.rows(`/buildrequests?buildrequestid__in=${made[0]}`))).toEqual([
        made[0],
      ]);
    });

    it('a repeated filter on builds is ignored without a word: every build is answered', async () => {
      const made = [];
      for (let index = 0; index < 3; index++) made.push(await found.calls.force('good'));
      for (const request of made) await found.calls.completed(request);
      const repeated = made.slice(0, 2).map((id) => `buildrequestid=${id}`);
      const answered = ids(await found.master.rest.rows(`/builds?${repeated.join('&')}`));
      expect(answered).toContain(made[2]);
      const right = made.slice(0, 2).map((id) => `buildrequestid__in=${id}`);
      expect(ids(await found.master.rest.rows(`/builds?${right.join('&')}`))).toEqual(made.slice(0, 2));
    });

    it('a page tells its own size as total', async () => {
      await found.calls.force('unserved');
      await found.calls.force('unserved');
      const { body } = await get('/api/v2/buildrequests?limit=1&order=-buildrequestid');
      expect(body.buildrequests).toHaveLength(1);
      expect(body.meta.total).toBe(1);
    });

    it('numbers that JSON has no words for spoil a whole answer; large ones are rounded by readers', async () => {
      const request = await found.calls.force('numbers');
      await found.calls.completed(request);
      const { buildid } = (await found.calls.build(request))!;
      const { status, text } = await found.master.rest.text(`/api/v2/builds/${buildid}/properties`);
      expect(status).toBe(200);
      expect(text).toMatch(/"not_a_number":\s*\[\s*NaN/);
      expect(text).toMatch(/"endless":\s*\[\s*Infinity/);
      expect(text).toMatch(/"large":\s*\[\s*1152921504606846977/);
      expect(() => JSON.parse(text)).toThrow();
    });

    it("a build's step, log and properties are found by the id of the build", async () => {
      const request = await found.calls.force('good', { taskId: 'somebody' });
      await found.calls.completed(request);
      const build = (await found.calls.build(request))!;
      const [properties] = await found.master.rest.rows(`/builds/${build.buildid}/properties`);
      expect(properties).toMatchObject({
        product: ['a build', 'SetProperty'],
        buildnumber: [build.number, 'Build'],
        taskId: ['somebody', 'Force Build Form'],
      });
      const path = `/api/v2/builders/${build.builderid}/builds/${build.number}/steps/say/logs/stdio/raw`;
      const { contentType, text } = await found.master.rest.text(path);
      expect(contentType).toContain('text/plain');
      expect(text).toContain('hello somebody');
      // The environment of the worker stands before the output.
      expect(text).toContain('PATH=');
    });
  });
}

/** Takes a minute. */
export function describeIdleConnection(name: string, start: () => Promise<MasterUnderTest>): void {
  describe(`an idle connection: ${name}`, () => {
    const found = withMaster(start);

    it('is closed by the master after a minute', async () => {
      const { hostname, port } = new URL(found.master.url);
      const socket = connect({ host: hostname, port: Number(port) });
      socket.write(`GET /api/v2 HTTP/1.1\r\nHost: ${hostname}:${port}\r\n\r\n`);
      await once(socket, 'data');
      await once(socket, 'close');
    });
  });
}
