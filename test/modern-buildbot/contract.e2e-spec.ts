import { afterAll, beforeAll, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { describeBuildbotContract } from '../contracts/buildbot.contract.js';
import { realBuildbot } from '../contracts/real-buildbot.js';
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

  describeBuildbotContract('modern Buildbot', () => realBuildbot(master!));
});
