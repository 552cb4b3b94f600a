import { describeTextFacts } from '../contracts/modern-master/texts.contract.js';
import { isPossible, startMaster } from '../support/real-buildbot/masters.js';
import { describeEach } from '../support/servers.js';

describeEach(['sqlite', 'postgres', 'mysql'] as const, isPossible)('a real master, %s', (kind) => {
  describeTextFacts(kind, kind, () => startMaster(kind));
});
