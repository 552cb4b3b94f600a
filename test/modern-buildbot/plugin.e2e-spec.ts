import { describePluginFacts } from '../contracts/modern-master/plugin.contract.js';
import { describeMasters, startMaster } from '../support/real-buildbot/masters.js';

describeMasters('a real master, %s', (kind) => describePluginFacts(kind, () => startMaster(kind)));
