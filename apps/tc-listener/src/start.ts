import { connectPulse, runBridgeService } from '@bbb/composition';
import { TcListenerModule } from './tc-listener.module.js';

export const start = () =>
  runBridgeService('tc-listener', (configuration) => TcListenerModule.register(configuration), connectPulse);
