import { type BridgeService, connectPulse, runBridgeServices } from '@bbb/composition';
import { BbListenerModule } from './bb-listener.module.js';

export const bbListener: BridgeService = {
  name: 'bb-listener',
  createModule: (configuration, overrides) => BbListenerModule.register(configuration, overrides),
  configure: connectPulse,
};

export const start = () => runBridgeServices([bbListener]);
