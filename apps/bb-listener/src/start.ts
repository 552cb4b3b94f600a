import { runService } from '@bbb/platform';
import { connectPulse } from '@bbb/service';
import { BbListenerModule } from './bb-listener.module.js';

await runService('bb-listener', (configuration) => BbListenerModule.register(configuration), connectPulse);
