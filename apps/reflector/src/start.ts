import { runService } from '@bbb/platform';
import { ReflectorModule } from './reflector.module.js';

await runService('reflector', (configuration) => ReflectorModule.register(configuration));
