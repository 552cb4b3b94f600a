import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { describeBuildbotContract } from '../contracts/buildbot.contract.js';
import { realBuildbot } from '../contracts/real-buildbot.js';
import { describeEach } from '../support/servers.js';
import { isPossible, MASTER_TIMEOUT_MS, startMaster, withMaster } from '../support/real-buildbot/masters.js';

Logger.overrideLogger(false);
jest.setTimeout(MASTER_TIMEOUT_MS);

// The masters are steered through their files and databases, so that one which somebody else runs is none of them.
describeEach(['sqlite', 'postgres'], isPossible)('a real master, %s', (kind) => {
  const found = withMaster(() => startMaster(kind));
  describeBuildbotContract('modern Buildbot', () => realBuildbot(found.master));
});
