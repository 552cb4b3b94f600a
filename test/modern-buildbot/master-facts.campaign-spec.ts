import { describeEventFacts } from '../contracts/modern-master/events.contract.js';
import { describeRequestFacts } from '../contracts/modern-master/requests.contract.js';
import { describeIdleConnection, describeRestFacts } from '../contracts/modern-master/rest.contract.js';
import { describeFewMasters, startMaster } from '../support/real-buildbot/masters.js';

describeFewMasters('a real master, %s', (kind) => {
  describeRequestFacts(kind, () => startMaster(kind));
  describeRestFacts(kind, () => startMaster(kind));
  describeEventFacts(kind, () => startMaster(kind));
  if (kind !== 'postgres') describeIdleConnection(kind, () => startMaster(kind));
});
