import { connectPulse, runBridgeService } from '@bbb/composition';
import { BbListenerModule } from './bb-listener.module.js';

export const start = () =>
  runBridgeService('bb-listener', (configuration) => BbListenerModule.register(configuration), connectPulse);
