import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A path in the repository, from sources and from compiled files. */
export function inRepository(path: string): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'buildbot', 'bridge_scheduler.py'))) {
    if (folder === dirname(folder)) throw new Error('buildbot/bridge_scheduler.py is not in a parent folder');
    folder = dirname(folder);
  }
  return join(folder, path);
}
