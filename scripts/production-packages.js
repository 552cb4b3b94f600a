import { readFileSync } from 'node:fs';

/** The packages of an installation for production, as a lockfile has them: name, version, and what else is told there. */
export function productionPackages(lockfile = new URL('../package-lock.json', import.meta.url)) {
  const { packages } = JSON.parse(readFileSync(lockfile, 'utf8'));
  return Object.entries(packages)
    .filter(([path, { dev, devOptional }]) => path !== '' && !dev && !devOptional)
    .map(([path, entry]) => ({ name: path.slice(path.lastIndexOf('node_modules/') + 13), ...entry }));
}
