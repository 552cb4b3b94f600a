// Prints the bill of materials of an installation for production, in CycloneDX's format.
// `npm sbom --omit dev` would leave out every package that a package for development needs as well.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { productionPackages } from './production-packages.js';

const ROOT = new URL('..', import.meta.url);

const { name, version } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8'));
const self = `${name}@${version}`;
const wanted = new Set([self, ...productionPackages().map((entry) => `${entry.name}@${entry.version}`)]);
const bill = JSON.parse(
  execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  }),
);

// A reference may have an addition that tells two copies apart: name@version|...
const isWanted = (reference) => wanted.has(reference.split('|')[0]);
bill.metadata.component.name = name;
bill.components = bill.components.filter((component) => wanted.has(`${component.name}@${component.version}`));
bill.dependencies = bill.dependencies
  .filter(({ ref }) => isWanted(ref))
  .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter(isWanted) }));
console.log(JSON.stringify(bill, null, 2));
