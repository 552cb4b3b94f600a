import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { BuildbotMasters } from '@bbb/modern-buildbot';
import { describeBuildbotContract } from '../contracts/buildbot.contract.js';
import { modernBuildbot } from '../contracts/modern-buildbot.js';
import { isFull, isWhole } from '../support/campaign.js';
import { MasterCalls, newKey } from '../support/real-buildbot/master-calls.js';
import { OWN_KINDS, isPossible } from '../support/real-buildbot/masters.js';
import { RealMaster } from '../support/real-buildbot/real-master.js';
import { describeEach } from '../support/servers.js';

Logger.overrideLogger(false);
// The masters are steered through their files and databases, so that one which somebody else runs is none of them.
describeEach(OWN_KINDS, isPossible)('a real master, %s', (kind) => {
  let master: RealMaster | undefined;
  beforeAll(async () => {
    master = await RealMaster.start(kind);
  });
  afterAll(() => master?.dispose());

  // Its builds take a minute. The simulator passes all of it in the usual test run, and the campaigns ask real masters.
  const isShort = !isFull;
  describeBuildbotContract('modern Buildbot', () => modernBuildbot(master!), { isShort });
  // What the plugin does depends on the database; what Buildbot does by itself is the same on both.
  const isShortWithout = isShort || (kind === 'postgres' && !isWhole);
  describeBuildbotContract('without the plugin', () => modernBuildbot(master!, 'force'), {
    ...{ isExact: false, isShort: isShortWithout },
  });

  it('without the plugin, undeclared properties and others than texts are rejected, and the weaker promise is told', async () => {
    const harness = await modernBuildbot(master!, 'force');
    const properties = { product: 'x', colour: 'red', taskId: { a: 1 }, branch: 'y' };
    expect(await harness.connect().findProblems({ buildername: 'good', properties })).toEqual([
      'payload.properties.colour: is not a parameter of the scheduler',
      'payload.properties.taskId: must be a text or a number',
      'payload.properties.branch: is not a parameter of the scheduler',
    ]);
    const { url, account } = master!;
    const masters = new BuildbotMasters({
      ...{ url, ...account, masters: {}, scheduler: 'plain', creation: 'force' },
      ...{ timeout: 20, maxConnections: 1 },
    });
    expect(await masters.findSchedulerProblem()).toContain('may be created twice');
    masters.onApplicationShutdown();
    await harness.dispose();
  });

  if (isShort) return;

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
