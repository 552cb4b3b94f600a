import { runService } from '@bbb/platform';
import { connectPulse } from '@bbb/composition';
import { TcListenerModule } from './tc-listener.module.js';

export const start = () =>
  runService('tc-listener', (configuration) => TcListenerModule.register(configuration), connectPulse);
