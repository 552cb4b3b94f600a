import { describeTextFacts } from '../contracts/modern-master/texts.contract.js';
import { describeWriteFacts } from '../contracts/modern-master/database.contract.js';
import { describeEventFacts } from '../contracts/modern-master/events.contract.js';
import {
  describeMoveFacts,
  describeOutageFacts,
  describeStrayClaimFacts,
} from '../contracts/modern-master/outages.contract.js';
import { describePluginFacts } from '../contracts/modern-master/plugin.contract.js';
import { describeRequestFacts } from '../contracts/modern-master/requests.contract.js';
import { describeIdleConnection, describeRestFacts } from '../contracts/modern-master/rest.contract.js';
import { describeBuildbotContract } from '../contracts/buildbot.contract.js';
import { modernBuildbot } from '../contracts/modern-buildbot.js';
import { SimulatedMaster, startSimulatedMaster } from '../support/simulated-buildbot/simulated-master.js';

// The simulator is believed because it passes what real masters pass.
const NAME = 'the simulator';
describePluginFacts(NAME, startSimulatedMaster);
describeRequestFacts(NAME, startSimulatedMaster);
describeRestFacts(NAME, startSimulatedMaster);
describeEventFacts(NAME, startSimulatedMaster);
describeTextFacts(NAME, 'sqlite', startSimulatedMaster);
describeIdleConnection(NAME, () => startSimulatedMaster({ idleConnection: 1 }));
describeOutageFacts(NAME, startSimulatedMaster);
describeWriteFacts(NAME, startSimulatedMaster);
describeMoveFacts(NAME, startSimulatedMaster);
describeStrayClaimFacts(NAME, startSimulatedMaster);
describeBuildbotContract(NAME, async () => {
  const master = await SimulatedMaster.start();
  const harness = await modernBuildbot(master);
  const dispose = () => harness.dispose().finally(() => master.dispose());
  return { ...harness, dispose };
});
