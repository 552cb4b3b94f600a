// Mutation testing of the validation and of what decides on restrictions, each module with its own tests: all tests for
// every mutant would take hours. Prints the score of each and of all, with every mutant that no test notices; fails below
// LEAST. node scripts/mutation.js bounded-pattern tests only the modules whose names contain the argument.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';

/** Percent of all mutants. */
const LEAST = 95;

const POLICY = 'libs/rules/src/policy';
const MODULES = [
  [`${POLICY}/bounded-pattern.ts`, `${POLICY}/(bounded-pattern|unlisted-builders)`],
  [`${POLICY}/artifacts/withheld-names.ts`, `${POLICY}/artifacts/(artifact-policy|work)`],
  ['libs/configuration/src/patterns/pattern.ts', 'libs/configuration/src/patterns/pattern'],
  [`${POLICY}/judge.ts`, `${POLICY}/(judge|unlisted-builders)`],
  [`${POLICY}/payload.ts`, `${POLICY}/(payload|poison)`],
  [`${POLICY}/property-problems.ts`, `${POLICY}/(payload|poison)`],
  [`${POLICY}/value-problems.ts`, `${POLICY}/(payload|poison)`],
  [`${POLICY}/ascii-json.ts`, `${POLICY}/ascii-json`],
  [`${POLICY}/array-up-to.ts`, `${POLICY}/array-up-to`],
  ['apps/tc-listener/src/task-message.ts', 'apps/tc-listener/src/task-message(-limits)?'],
  ['libs/buildbot/src/legacy/build-message.ts', 'libs/buildbot/src/legacy/build-message(-limits)?'],
];
const FOLDER = 'reports/mutation';

const shared = JSON.parse(readFileSync('stryker.validation.json', 'utf8'));
mkdirSync(FOLDER, { recursive: true });
const all = { noticed: 0, mutants: 0 };
let failed = false;
const [wanted = ''] = process.argv.slice(2);
for (const [module, tests] of MODULES.filter(([name]) => name.includes(wanted))) {
  const name = module.slice(module.lastIndexOf('/') + 1, -'.ts'.length);
  const [file, report] = [`${FOLDER}/${name}.config.json`, `${FOLDER}/${name}.json`];
  const { jest } = shared;
  const config = { ...jest.config, testRegex: `${tests}\\.spec\\.ts$` };
  writeFileSync(
    file,
    JSON.stringify({
      ...shared,
      mutate: [module],
      jest: { ...jest, config },
      jsonReporter: { fileName: report },
    }),
  );
  const { status } = spawnSync('npx', ['stryker', 'run', file], { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) {
    console.error(`${module}: Stryker ended with ${status}`);
    failed = true;
    continue;
  }
  const { source, mutants } = Object.values(JSON.parse(readFileSync(report, 'utf8')).files)[0];
  const missed = mutants.filter((mutant) => ['Survived', 'NoCoverage'].includes(mutant.status));
  tell(module, mutants.length - missed.length, mutants.length);
  all.noticed += mutants.length - missed.length;
  all.mutants += mutants.length;
  for (const { location, replacement, mutatorName } of missed) {
    const line = source.split('\n')[location.start.line - 1].trim();
    console.log(`  line ${location.start.line}, ${mutatorName}: ${line} => ${replacement}`);
  }
}
tell('all', all.noticed, all.mutants);
process.exitCode = failed || all.noticed < (LEAST / 100) * all.mutants ? 1 : 0;

function tell(what, noticed, mutants) {
  console.log(`${what}: ${((100 * noticed) / mutants).toFixed(1)} % of ${mutants} mutants are noticed`);
}
