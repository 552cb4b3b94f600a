import { describeWriteFacts } from '../contracts/modern-master/database.contract.js';
import {
  describeMoveFacts,
  describeOutageFacts,
  describeStrayClaimFacts,
} from '../contracts/modern-master/outages.contract.js';
import { describeOwnMasters, startMaster } from '../support/real-buildbot/masters.js';

describeOwnMasters('a real master, %s', (kind) => {
  describeOutageFacts(kind, () => startMaster(kind));
  describeWriteFacts(kind, () => startMaster(kind));
  if (kind !== 'sqlite') return;
  describeMoveFacts(kind, () => startMaster(kind));
  describeStrayClaimFacts(kind, () => startMaster(kind));
});
