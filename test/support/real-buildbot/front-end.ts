import { cp } from 'node:fs/promises';
import { inRepository } from './repository.js';

/**
 * Copies the Python package that stands in for Buildbot's front end.
 *
 * @param folder where Python finds packages
 */
export function writeFrontEnd(folder: string): Promise<void> {
  return cp(inRepository('buildbot/without-pages'), folder, { recursive: true });
}
