import { type Overrides, runBridgeServices } from '@bbb/composition';
import type { ProcessHost } from '@bbb/platform';
import { bbListener } from '../../apps/bb-listener/src/start.js';
import { reflector } from '../../apps/reflector/src/start.js';
import { tcListener } from '../../apps/tc-listener/src/start.js';

/** The three services in one process, for small installations and trials. */
export const start = (host?: ProcessHost, overrides?: Overrides) =>
  runBridgeServices([tcListener, bbListener, reflector], host, overrides);
