import { type Overrides, runBridgeServices } from '@bbb/composition';
import type { ProcessHost } from '@bbb/platform';
import { bbListener } from '../../bb-listener/src/start.js';
import { reflector } from '../../reflector/src/start.js';
import { tcListener } from '../../tc-listener/src/start.js';

/** The three services in one process, for small installations and trials. */
export const start = (host?: ProcessHost, overrides?: Overrides) =>
  runBridgeServices([tcListener, bbListener, reflector], host, overrides);
