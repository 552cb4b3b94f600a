import { type BridgeService, connectPulse, runBridgeServices } from '@bbb/composition';
import { TcListenerModule } from './tc-listener.module.js';

export const tcListener: BridgeService = {
  name: 'tc-listener',
  createModule: (configuration, overrides) => TcListenerModule.register(configuration, overrides),
  configure: connectPulse,
};

export const start = () => runBridgeServices([tcListener]);
