import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { describeBuildbotContract } from '../contracts/buildbot.contract.js';
import { modernBuildbot } from '../contracts/modern-buildbot.js';
import { MasterCalls, newKey } from '../support/real-buildbot/master-calls.js';
import { OWN_KINDS, isPossible, MASTER_TIMEOUT_MS } from '../support/real-buildbot/masters.js';
import { RealMaster } from '../support/real-buildbot/real-master.js';
import { describeEach } from '../support/servers.js';

Logger.overrideLogger(false);
jest.setTimeout(MASTER_TIMEOUT_MS);

// The masters are steered through their files and databases, so that one which somebody else runs is none of them.
describeEach(OWN_KINDS, isPossible)('a real master, %s', (kind) => {
  let master: RealMaster | undefined;
  beforeAll(async () => {
    master = await RealMaster.start(kind);
  });
  afterAll(() => master?.dispose());

  describeBuildbotContract('modern Buildbot', () => modernBuildbot(master!));

  // What happens now and then on PostgreSQL is written into the database here.
  it('a planned stop is known from a stop by a user although the step has replaced the reason in the state of the build', async () => {
    const calls = new MasterCalls(master!.rest);
    const requests: number[] = [];
    for (const end of [(id: number) => calls.cancelUntilComplete(id), () => master!.restart()]) {
      const { request } = await calls.create({ key: newKey(), builderNames: ['slow'] });
      await calls.inStep(request!);
      await end(request!);
      requests.push(request!);
    }
    await master!.runSql(
      `UPDATE builds SET state_string = 'sleep (cancelled)' WHERE buildrequestid IN (${requests.join(', ')})`,
    );
    const harness = await modernBuildbot(master!);
    const found = await harness.connect().readSnapshots(requests);
    expect(requests.map((id) => found.get(id))).toMatchObject([
      { state: { at: 'finished', results: 6 } },
      { state: { at: 'dropped' } },
    ]);
    await harness.dispose();
  });
});
