import { beforeEach, describe, expect, it } from '@jest/globals';
import { MasterCalls, newKey } from '../../support/real-buildbot/master-calls.js';
import { type MasterControl, type MasterUnderTest, withMaster } from '../../support/real-buildbot/masters.js';
import type { MasterRest } from '../../support/real-buildbot/master-rest.js';

/** What becomes of requests when a master, its worker or its configuration goes. */
export function describeOutageFacts(name: string, start: () => Promise<MasterUnderTest>): void {
  describe(`outages: ${name}`, () => {
    const found = withMaster(start);
    let control: MasterControl;
    let calls: MasterCalls;
    let rest: MasterRest;

    beforeEach(async () => {
      control = found.master.control!;
      ({ calls } = found);
      ({ rest } = found.master);
      // A test that failed may have left it so.
      if (!control.worker.isRunning) await control.worker.start();
      await control.workerIsConnected();
    });

    it('after a crash, the build ends in RETRY before REST answers, and the request is built again', async () => {
      const request = await calls.force('slow');
      const { buildid } = await calls.inStep(request);
      const pending = await calls.force('unserved');
      await control.kill();
      await control.start();
      expect((await calls.builds(request))[0]).toMatchObject({ buildid, complete: true, results: 5 });
      expect(await calls.request(pending)).toMatchObject({ complete: false, claimed: false });
      const builds = await calls.until(
        () => calls.builds(request),
        ({ length }) => length === 2,
      );
      expect(builds[1]).toMatchObject({ complete: false, buildrequestid: request });
    });

    it('a planned stop cancels a build in a step, says why in a log of the step, and may say it in the state of the build; pending requests stay', async () => {
      const request = await calls.force('slow');
      const { buildid } = await calls.inStep(request);
      const pending = await calls.force('unserved');
      await control.stop();
      await control.start();
      expect(await calls.request(request)).toMatchObject({ complete: true, results: 6 });
      // The text of the last step is written at the same time. On PostgreSQL, with several connections, it can win.
      const text = /^cancelled \(Master Shutdown\)|^'sleep 60' \(cancelled\)$/;
      expect(await calls.builds(request)).toMatchObject([
        { complete: true, results: 6, state_string: expect.stringMatching(text) },
      ]);
      const steps = await rest.rows(`/builds/${buildid}/steps`);
      expect(steps.map(({ name, results }) => [name, results])).toContainEqual(['wait', 6]);
      const log = await rest.rows(`/builds/${buildid}/steps/wait/logs/cancelled/contents`);
      expect(log).toMatchObject([{ content: 'Master Shutdown\n' }]);
      expect(await calls.request(pending)).toMatchObject({ complete: false, claimed: false });
    });

    it('a clean stop accepts requests and starts none of them; they are built after the next start', async () => {
      const running = await calls.force('slow');
      await calls.inStep(running);
      control.stopWhenIdle();
      const accepted = await calls.force('good');
      // What was requested later has been cancelled, while a worker is free.
      await calls.cancelUntilComplete(await calls.force('unserved'));
      expect(await calls.request(accepted)).toMatchObject({ complete: false, claimed: false });
      await calls.cancelUntilComplete(running);
      await control.ended();
      await control.start();
      expect(await calls.completed(accepted)).toMatchObject({ results: 0 });
    });

    it('a lost worker ends its build in RETRY, and the request waits unclaimed for a worker', async () => {
      const request = await calls.force('slow');
      await calls.inStep(request);
      await control.worker.kill();
      await calls.until(
        () => calls.request(request),
        ({ claimed }) => !claimed,
      );
      expect(await calls.builds(request)).toMatchObject([{ complete: true, results: 5 }]);
      await control.worker.start();
      await calls.until(
        () => calls.builds(request),
        ({ length }) => length === 2,
      );
    });

    it('a request that waits for its RETRY is collapsed by an equal one, although it has a build', async () => {
      const request = await calls.force('merging');
      await calls.inStep(request);
      await control.worker.kill();
      await calls.until(
        () => calls.request(request),
        ({ claimed }) => !claimed,
      );
      await calls.force('merging');
      expect(await calls.completed(request)).toMatchObject({ results: 3 });
      expect(await calls.builds(request)).toMatchObject([{ results: 5 }]);
      await control.worker.start();
    });

    it('the plugin creates again what was collapsed by a copy of it', async () => {
      const key = newKey();
      const made = await calls.create({ key, builderNames: ['merging'] });
      const { buildid } = await calls.inStep(made.request!);
      await control.worker.kill();
      await calls.until(
        () => calls.request(made.request!),
        ({ claimed }) => !claimed,
      );
      await calls.rebuild(buildid);
      expect(await calls.completed(made.request!)).toMatchObject({ results: 3 });

      const again = { key, builderNames: ['merging'], after: made.buildset };
      expect(await calls.create({ ...again, after: 0 })).toEqual({ ...made, created: false });
      const second = await calls.create(again);
      expect(second).toMatchObject({ created: true });
      expect(await calls.create(again)).toEqual({ ...second, created: false });
      await control.worker.start();
    });

    it('the plugin knows after a crash what it created and withdrew before', async () => {
      const [key, other] = [newKey(), newKey()];
      const made = await calls.create({ key });
      const tombstone = await calls.create({ key: other, withdraw: true });
      await control.kill();
      await control.start();
      expect(await calls.create({ key })).toEqual({ ...made, created: false });
      expect(await calls.create({ key: other })).toEqual({ ...tombstone, created: false });
    });

    it('while a worker does not answer, a cancellation has no effect; it has when the worker answers again', async () => {
      const request = await calls.force('slow');
      await calls.inStep(request);
      control.worker.freeze();
      await calls.cancel(request);
      expect(await calls.completed(await calls.force('beside_exception'))).toMatchObject({ results: 0 });
      expect(await calls.request(request)).toMatchObject({ complete: false });
      expect((await rest.rows('/workers?name=main'))[0].connected_to).toHaveLength(1);
      control.worker.thaw();
      expect(await calls.completed(request)).toMatchObject({ results: 6 });
    });

    it('a login holds over a restart', async () => {
      await rest.login();
      await control.restart();
      expect((await calls.tryCreate({ key: newKey(), builderNames: ['unserved'] })).status).toBe(200);
    });

    it('a renamed builder keeps its row without a master, and its requests until they are cancelled', async () => {
      const [kept, cancelled] = [await calls.force('unserved'), await calls.force('unserved')];
      await control.reconfigure({ renamed: { unserved: 'renamed' } });
      expect(await calls.builder('unserved')).toMatchObject({ masterids: [] });
      await calls.cancelUntilComplete(cancelled);
      expect(await calls.request(kept)).toMatchObject({ complete: false, claimed: false });
      const answer = await rest.call('/forceschedulers/force', 'force', { builderNames: ['unserved'] });
      expect(answer.status).toBe(500);
      expect((await calls.tryCreate({ key: newKey(), builderNames: ['unserved'] })).status).toBe(400);
      await control.reconfigure({});
      expect(await calls.builder('unserved')).toMatchObject({ masterids: [expect.any(Number)] });
    });

    it('a broken configuration is not loaded; the master goes on with the old one', async () => {
      await control.reconfigure({ broken: true });
      expect(await calls.completed(await calls.force('good'))).toMatchObject({ results: 0 });
      await control.reconfigure({});
    });

    it('a build whose worker is taken from its builder never ends, is not cancelled, and is built again after a restart', async () => {
      const request = await calls.force('moving');
      await calls.inStep(request);
      await control.reconfigure({ workersOfMoving: ['spare'] });
      await calls.cancel(request);
      // The builder goes on with its new worker.
      await calls.completed(await calls.force('moving', { seconds: '0' }));
      await calls.cancel(request);
      expect(await calls.request(request)).toMatchObject({ complete: false, claimed: true });
      expect(await calls.builds(request)).toMatchObject([{ complete: false, state_string: 'building' }]);

      // A planned stop waits for the build for ever.
      await control.kill();
      await control.start();
      const builds = await calls.until(
        () => calls.builds(request),
        ({ length }) => length === 2,
      );
      expect(builds).toMatchObject([{ results: 5 }, { complete: false }]);
      await control.reconfigure({});
      await control.kill();
      await control.start();
    });

    // Before its first step, the build may end in RETRY or stay open; a cancellation may then end the build, but not its request.
    it.each([
      ['in a step', true],
      ['before its first step', false],
    ])(
      'a request whose worker is removed during the build, %s, stays claimed, is not cancelled, and is built again after a restart',
      async (_, isInStep) => {
        const request = await calls.force('slow');
        if (isInStep) await calls.inStep(request);
        else {
          control.worker.freeze();
          await calls.running(request);
        }
        await control.reconfigure({ withoutMain: true });
        if (isInStep)
          await calls.until(
            () => calls.builds(request),
            ([build]) => build!.results === 5,
          );
        await calls.cancel(request);
        // The builder goes on with another worker.
        await calls.completed(await calls.force('slow', { seconds: '0' }));
        await calls.cancel(request);
        expect(await calls.request(request)).toMatchObject({ complete: false, claimed: true });
        expect(await calls.builds(request)).toHaveLength(1);

        control.worker.thaw();
        await control.reconfigure({});
        await control.kill();
        await control.start();
        const [first, second] = await calls.until(
          () => calls.builds(request),
          ({ length }) => length === 2,
        );
        expect(isInStep ? [5] : [5, 6]).toContain(first!.results);
        expect(second).toMatchObject({ complete: false });
      },
    );
  });
}

/** The last test of a master: it cannot be repaired without waiting for ten minutes. */
export function describeMoveFacts(name: string, start: () => Promise<MasterUnderTest>): void {
  describe(`another identity: ${name}`, () => {
    it('a master in another folder is another master: the old one counts as active, and its build stays open', async () => {
      const master = await start();
      try {
        const [control, calls] = [master.control!, new MasterCalls(master.rest)];
        const request = await calls.force('slow');
        const { masterid } = await calls.inStep(request);
        await control.kill();
        await control.move();
        await control.start();
        await control.workerIsConnected();
        const masters = await master.rest.rows('/masters');
        expect(masters).toHaveLength(2);
        expect(masters.find((row) => row.masterid === masterid)).toMatchObject({ active: true });
        await calls.cancel(request);
        expect(await calls.completed(await calls.force('good'))).toMatchObject({ results: 0 });
        expect(await calls.request(request)).toMatchObject({ complete: false, claimed: true });
        expect(await calls.builds(request)).toMatchObject([{ complete: false, masterid }]);
      } finally {
        await master.dispose();
      }
    });
  });
}

/** Not on PostgreSQL, where the claim of an unknown request fails. */
export function describeStrayClaimFacts(name: string, start: () => Promise<MasterUnderTest>): void {
  describe(`stray claims: ${name}`, () => {
    const found = withMaster(start);

    it('the cancellation of an unknown id is accepted, and keeps the request that gets the id later from being built until a restart', async () => {
      const { calls } = found;
      const last = await calls.force('good');
      await calls.completed(last);
      expect(await calls.cancel(last + 1)).toMatchObject({ status: 200, body: { result: null } });
      const harmed = await calls.force('good');
      expect(harmed).toBe(last + 1);
      await calls.completed(await calls.force('good'));
      expect(await calls.request(harmed)).toMatchObject({ complete: false, claimed: true });
      expect(await calls.builds(harmed)).toEqual([]);
      await found.master.control!.restart();
      expect(await calls.completed(harmed)).toMatchObject({ results: 0 });
    });
  });
}
