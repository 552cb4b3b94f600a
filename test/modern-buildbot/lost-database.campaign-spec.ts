import { expect, it } from '@jest/globals';
import { MasterCalls, newKey } from '../support/real-buildbot/master-calls.js';
import { isPossible } from '../support/real-buildbot/masters.js';
import { RealMaster } from '../support/real-buildbot/real-master.js';
import { describeWhere } from '../support/servers.js';

describeWhere(isPossible('postgres'))('a real master whose PostgreSQL is away', () => {
  it('answers 500 without an effect; a build that ends meanwhile never ends, and is built again after a restart', async () => {
    const master = await RealMaster.start('postgres');
    try {
      const calls = new MasterCalls(master.rest);
      const building = await calls.force('steered');
      await master.steer(building, 'start');
      // The builder looks for work when something happens.
      await calls.completed(await calls.force('good'));
      await calls.running(building);

      const call = { key: newKey(), builderNames: ['good'] };
      const comeBack = await master.loseDatabase();
      const answers = [await master.rest.get('/api/v2/builds?limit=1'), await calls.tryCreate(call)];
      expect(answers.map(({ status }) => status)).toEqual([500, 500]);
      await master.failToEnd(building);
      await comeBack();

      const made = await calls.create(call);
      expect(made).toMatchObject({ created: true });
      expect(await calls.buildsets(call.key)).toHaveLength(1);
      expect(await calls.completed(made.request!)).toMatchObject({ results: 0 });
      await calls.cancel(building);
      await calls.completed(await calls.force('good'));
      expect(await calls.request(building)).toMatchObject({ complete: false, claimed: true });
      expect(await calls.builds(building)).toMatchObject([{ complete: false }]);

      await master.kill();
      await master.start();
      const builds = await calls.until(
        () => calls.builds(building),
        ({ length }) => length === 2,
      );
      expect(builds).toMatchObject([{ results: 5 }, { complete: false }]);
    } finally {
      await master.dispose();
    }
  });
});
