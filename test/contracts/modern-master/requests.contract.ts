import { describe, expect, it } from '@jest/globals';
import { newKey } from '../../support/real-buildbot/master-calls.js';
import { type MasterUnderTest, withMaster } from '../../support/real-buildbot/masters.js';

/** What a modern master does to build requests, as far as the bridge depends on it. */
export function describeRequestFacts(name: string, start: () => Promise<MasterUnderTest>): void {
  describe(`requests: ${name}`, () => {
    const found = withMaster(start);
    const force = (builder: string, params: Record<string, unknown> = {}) =>
      found.calls.force(builder, params);

    it.each([
      ['success', 'good', 0],
      ['warnings', 'warn', 1],
      ['a step with warnings that does not pass them on', 'quiet_warn', 0],
      ['failure', 'bad', 2],
    ])('the request has the result of its build: %s', async (_, builder, results) => {
      const request = await force(builder);
      expect(await found.calls.completed(request)).toMatchObject({ results, claimed: true });
      expect(await found.calls.builds(request)).toMatchObject([{ complete: true, results }]);
    });

    it('the same force twice is two builds', async () => {
      const [one, other] = [await force('good', { taskId: 'x' }), await force('good', { taskId: 'x' })];
      expect(one).not.toBe(other);
      for (const request of [one, other]) {
        await found.calls.completed(request);
        expect(await found.calls.builds(request)).toHaveLength(1);
      }
    });

    it('a build that ends in RETRY is followed by another one of the same request', async () => {
      const request = await force('retry');
      expect(await found.calls.completed(request)).toMatchObject({ results: 0 });
      const builds = await found.calls.builds(request);
      expect(builds.map(({ results }) => results)).toEqual([5, 5, 0]);
      const first = builds[0]!.number;
      expect(builds.map(({ number }) => number)).toEqual([first, first + 1, first + 2]);
    });

    it('an open request and an open build have no result', async () => {
      const request = await force('slow');
      expect(await found.calls.running(request)).toMatchObject({ complete: false, results: null });
      expect(await found.calls.request(request)).toMatchObject({
        complete: false,
        results: -1,
        claimed: true,
      });
      const { buildsetid } = await found.calls.request(request);
      expect((await found.master.rest.rows(`/buildsets/${buildsetid}`))[0]).toMatchObject({ results: -1 });
    });

    it('a pending request is cancelled without a build', async () => {
      const request = await force('unserved');
      expect(await found.calls.request(request)).toMatchObject({ claimed: false, claimed_by_masterid: null });
      expect(await found.calls.cancel(request)).toMatchObject({ status: 200, body: { result: null } });
      expect(await found.calls.completed(request)).toMatchObject({ results: 6 });
      expect(await found.calls.builds(request)).toEqual([]);
    });

    it('the cancellation of a request stops its build', async () => {
      const request = await force('slow');
      await found.calls.running(request);
      expect(await found.calls.cancel(request)).toMatchObject({ status: 200, body: { result: null } });
      expect(await found.calls.completed(request)).toMatchObject({ results: 6 });
      expect(await found.calls.builds(request)).toMatchObject([
        { results: 6, state_string: expect.stringContaining('cancelled') },
      ]);
    });

    it('a stopped build cancels its request, and looks the same', async () => {
      const request = await force('slow');
      const { buildid } = await found.calls.running(request);
      expect(await found.calls.stop(buildid)).toMatchObject({ status: 200, body: { result: null } });
      expect(await found.calls.completed(request)).toMatchObject({ results: 6 });
    });

    it('cancel and stop of what has ended answer the same and change nothing', async () => {
      const request = await force('good');
      await found.calls.completed(request);
      const before = [await found.calls.request(request), await found.calls.build(request)];
      expect(await found.calls.cancel(request)).toMatchObject({ status: 200, body: { result: null } });
      const { buildid } = (await found.calls.build(request))!;
      expect(await found.calls.stop(buildid)).toMatchObject({ status: 200, body: { result: null } });
      expect([await found.calls.request(request), await found.calls.build(request)]).toEqual(before);
    });

    it('an equal request collapses an older pending one: SKIPPED without a build, and its build set is a success', async () => {
      await found.calls.running(await force('merging'));
      const older = await force('merging');
      await force('merging');
      expect(await found.calls.completed(older)).toMatchObject({ results: 3 });
      expect(await found.calls.builds(older)).toEqual([]);
      const { buildsetid } = await found.calls.request(older);
      await found.calls.until(
        async () => (await found.master.rest.rows(`/buildsets/${buildsetid}`))[0],
        (row) => row.complete && row.results === 0,
      );
    });

    it('a rebuilt build has a new build set with the key, the properties and the reason "rebuild"', async () => {
      const key = newKey();
      const made = await found.calls.create({ key, builderNames: ['good'], properties: { taskId: 'x' } });
      await found.calls.completed(made.request!);
      const copy = await found.calls.rebuild((await found.calls.build(made.request!))!.buildid);
      const { buildsetid } = await found.calls.request(copy);
      expect(await found.calls.buildsets(key)).toMatchObject([
        { bsid: made.buildset },
        { bsid: buildsetid, reason: 'rebuild' },
      ]);
      const [properties] = await found.master.rest.rows(`/buildsets/${buildsetid}/properties`);
      expect(properties).toMatchObject({ taskId: ['x', 'bridge'], bridge_id: [key, 'Scheduler'] });
    });

    it('a request without a worker, or that its builder does not choose, waits unclaimed and can be cancelled', async () => {
      const requests = [await force('unserved'), await force('choosy')];
      // What was requested later on the same master has been done.
      await found.calls.completed(await force('good'));
      for (const request of requests) {
        expect(await found.calls.request(request)).toMatchObject({ claimed: false, complete: false });
        await found.calls.cancelUntilComplete(request);
      }
    });

    it('a request waits unclaimed for the lock of its builder, and as an open build for the lock of a step', async () => {
      const holder = await force('locked');
      await found.calls.inStep(holder);
      const [ofBuilder, ofStep] = [await force('locked_too'), await force('locked_step')];
      const build = await found.calls.running(ofStep);
      expect(build).toMatchObject({ complete: false, started_at: expect.any(Number) });
      await found.calls.completed(await force('good'));
      expect(await found.master.rest.rows(`/builds/${build.buildid}/steps/wait/logs`)).toEqual([]);
      expect(await found.calls.build(ofStep)).toMatchObject({ complete: false, state_string: 'building' });
      expect(await found.calls.request(ofBuilder)).toMatchObject({ claimed: false, complete: false });
      expect(await found.calls.request(holder)).toMatchObject({ complete: false });
    });

    it('a triggered build has no key, and is cancelled with its parent', async () => {
      const key = newKey();
      const parent = await found.calls.create({ key, builderNames: ['parent'], properties: { taskId: 'x' } });
      const { buildid } = await found.calls.running(parent.request!);
      const child = await childOf(buildid);
      expect(child.set).toMatchObject({ external_idstring: null });
      const [properties] = await found.master.rest.rows(`/buildsets/${child.set.bsid}/properties`);
      expect(Object.keys(properties)).not.toContain('bridge_id');
      await found.calls.cancelUntilComplete(parent.request!);
      expect(await found.calls.completed(child.request)).toMatchObject({ results: 6 });
    });

    it('a parent whose triggered build is cancelled is cancelled', async () => {
      const parent = await force('parent');
      const { buildid } = await found.calls.running(parent);
      const child = await childOf(buildid);
      await found.calls.running(child.request);
      await found.calls.cancelUntilComplete(child.request);
      expect(await found.calls.completed(parent)).toMatchObject({ results: 6 });
    });

    async function childOf(build: number) {
      const [set] = await found.calls.until(
        () => found.master.rest.rows(`/buildsets?parent_buildid=${build}`),
        (rows) => rows.length > 0,
      );
      const [request] = await found.master.rest.rows(`/buildrequests?buildsetid=${set.bsid}`);
      return { set, request: request.buildrequestid as number };
    }

    it('a property can move a build to another builder: the number belongs to that one', async () => {
      const made = await found.calls.create({
        key: newKey(),
        builderNames: ['good'],
        properties: { virtual_builder_name: 'elsewhere', virtual_builder_tags: [] },
      });
      const request = await found.calls.completed(made.request!);
      const build = (await found.calls.build(made.request!))!;
      expect(build.builderid).not.toBe(request.builderid);
      expect(await found.calls.builder('elsewhere')).toMatchObject({ builderid: build.builderid });
      const own = await found.master.rest.rows(`/builders/${request.builderid}/builds`);
      expect(own.map(({ buildid }) => buildid)).not.toContain(build.buildid);
      const of = await found.master.rest.rows(`/builders/${build.builderid}/builds/${build.number}`);
      expect(of).toMatchObject([{ buildid: build.buildid }]);
    });

    it('an EXCEPTION keeps the worker from building for a while, although it is connected and not paused', async () => {
      const failed = await force('exception');
      expect(await found.calls.completed(failed)).toMatchObject({ results: 4 });
      const waiting = await force('beside_exception');
      const [worker] = await found.master.rest.rows('/workers?name=spare');
      expect(worker).toMatchObject({ paused: false, connected_to: [expect.anything()] });
      expect(await found.calls.completed(waiting)).toMatchObject({ results: 0 });
      const [failure, next] = [await found.calls.build(failed), await found.calls.build(waiting)];
      // A real worker is kept for ten seconds at first, a simulated one for two.
      expect(next!.started_at - failure!.complete_at!).toBeGreaterThanOrEqual(2);
    });

    it('a paused worker leaves requests unclaimed', async () => {
      const [{ workerid }] = await found.master.rest.rows('/workers?name=main');
      await found.master.rest.call(`/workers/${workerid}`, 'pause', { reason: 'test' });
      const state = () => found.master.rest.rows(`/workers/${workerid}`);
      await found.calls.until(state, ([{ paused }]) => paused === true);
      const waiting = await force('good');
      await found.calls.completed(await force('beside_exception'));
      expect(await found.calls.request(waiting)).toMatchObject({ claimed: false });
      await found.master.rest.call(`/workers/${workerid}`, 'unpause', { reason: 'test' });
      expect(await found.calls.completed(waiting)).toMatchObject({ results: 0 });
    });
  });
}
