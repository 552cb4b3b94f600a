import { describe, expect, it } from '@jest/globals';
import { newKey } from '../../support/real-buildbot/master-calls.js';
import { type MasterUnderTest, withMaster } from '../../support/real-buildbot/masters.js';

/** What becomes of calls and builds while the database of a master takes no writes. */
export function describeWriteFacts(name: string, start: () => Promise<MasterUnderTest>): void {
  describe(`a database that takes no writes: ${name}`, () => {
    const found = withMaster(start);

    it('a creation waits, and has an effect although its client has given up; a build that ends meanwhile is seen afterwards', async () => {
      const { calls } = found;
      const control = found.master.control!;
      const building = await calls.force('steered');
      await control.steer(building, 'start');
      // The builder looks for work when something happens.
      await calls.completed(await calls.force('good'));
      await calls.running(building);

      const key = newKey();
      const allowWrites = await control.stopWrites();
      await found.master.rest.send('/forceschedulers/bridge', 'force', { key, builderNames: ['slow'] });
      await control.steer(building, 'end', '2');
      expect((await found.master.rest.get('/api/v2')).status).toBe(200);
      await allowWrites();

      const [set] = await calls.until(
        () => calls.buildsets(key),
        (sets) => sets.length > 0,
      );
      expect(await calls.create({ key })).toMatchObject({ buildset: set.bsid, created: false });
      expect(await calls.completed(building)).toMatchObject({ results: 2 });
      expect(await calls.builds(building)).toHaveLength(1);
    });
  });
}
