import { runService } from '@bbb/platform';
import { ReflectorModule } from './reflector.module.js';

export const start = () =>
  runService('reflector', (configuration) => ReflectorModule.register(configuration));
