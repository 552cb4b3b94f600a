// Prints how many packages an installation for production has, and fails when one of them runs a script at
// installation: whoever publishes such a package runs programs on every machine that installs the bridge.
import { productionPackages } from './production-packages.js';

/** Drivers of databases may have to compile something; none does at present. */
const MAY_RUN_SCRIPTS = new Set(['better-sqlite3', 'libsql']);

const production = productionPackages(process.argv[2]);
const optional = production.filter((entry) => entry.optional).length;
const scripted = production
  .filter(({ name, hasInstallScript }) => hasInstallScript && !MAY_RUN_SCRIPTS.has(name))
  .map(({ name, version }) => `${name}@${version}`);
const unverified = production
  .filter(({ integrity, link }) => !integrity && !link)
  .map(({ name, version }) => `${name}@${version}`);

console.log(`${production.length} production packages, ${optional} of them optional (for other platforms)`);
if (scripted.length > 0) console.error(`with a script at installation: ${scripted.join(', ')}`);
if (unverified.length > 0) console.error(`without a checksum in the lockfile: ${unverified.join(', ')}`);
process.exitCode = scripted.length + unverified.length > 0 ? 1 : 0;
