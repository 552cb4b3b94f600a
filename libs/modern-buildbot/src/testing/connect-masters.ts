import { BuildbotMasters } from '../buildbot-masters.js';
import type { BuildbotMastersOptions } from '../options.js';
import type { Tables } from './tables.js';

/** Connects to the master of a test, as services do unless `changes` say otherwise. */
export function connectMasters(
  { master }: Tables,
  changes: Partial<BuildbotMastersOptions> = {},
): BuildbotMasters {
  const account = { user: 'bridge', password: 'secret' };
  return new BuildbotMasters({
    ...{ url: master.url, masters: {}, ...account, scheduler: 'bridge' },
    ...{ timeout: 30, maxConnections: 4 },
    ...changes,
  });
}
