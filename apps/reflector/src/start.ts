import { runBridgeService } from '@bbb/composition';
import { ReflectorModule } from './reflector.module.js';

export const start = () =>
  runBridgeService('reflector', (configuration) => ReflectorModule.register(configuration));
