import { readFileSync } from 'node:fs';

/** Source files and compiled files are at different depths below the package root. */
const CANDIDATES = ['../../../../package.json', '../../../../../package.json'];

/** The version of this package. */
export function readPackageVersion(): string {
  for (const candidate of CANDIDATES) {
    const file = new URL(candidate, import.meta.url);
    try {
      return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  throw new Error('package.json of buildbot-bridge is missing; install the package again');
}
