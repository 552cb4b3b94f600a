import { runService } from '@bbb/platform';
import { connectPulse } from '@bbb/composition';
import { BbListenerModule } from './bb-listener.module.js';

export const start = () =>
  runService('bb-listener', (configuration) => BbListenerModule.register(configuration), connectPulse);
