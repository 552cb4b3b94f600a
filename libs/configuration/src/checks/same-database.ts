import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type DatabaseTarget, parseDatabaseUrl } from '@bbb/sql';
import { isOnThisMachine } from './insecurities.js';

/** Whether two URLs name the same database; false when one of them is invalid, which is reported as a problem. */
export function nameSameDatabase(one: string, other: string): boolean {
  const [first, second] = [identify(one), identify(other)];
  return first !== undefined && first === second;
}

function identify(url: string): string | undefined {
  try {
    return identifyTarget(parseDatabaseUrl(url));
  } catch {
    return undefined;
  }
}

function identifyTarget(target: DatabaseTarget): string {
  if (target.dialect === 'sqlite') return identifyFile(target.file);
  const { dialect, host, port, database } = target;
  return JSON.stringify([
    dialect,
    isOnThisMachine(host) ? 'localhost' : host.toLowerCase().replace(/\.$/, ''),
    port,
    database,
  ]);
}

/** Device and inode of a file, which are the same through every link; its path when it does not exist yet. */
function identifyFile(file: string): string {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false });
  if (found) return `${found.dev}:${found.ino}`;
  try {
    return join(realpathSync(dirname(file)), basename(file));
  } catch {
    return file;
  }
}
