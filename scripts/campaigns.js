// Runs the test files that have a campaign, with all of it, and those that only campaigns have (*.campaign-spec.ts): npm run test:campaigns -- [--times N] [--seed N] [Jest's options]
// npm run fuzz -- [--cases N] [--seed N] runs the fuzzing tests alone, with a million cases unless told otherwise.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';

/** Cases of all fuzzing tests together in a whole campaign. */
const FUZZ_CASES = 20_000;

const { values, positionals, tokens } = parseArgs({
  options: {
    times: { type: 'string', default: '1' },
    cases: { type: 'string' },
    seed: { type: 'string' },
  },
  strict: false,
  allowPositionals: true,
  tokens: true,
});
const WHOLE = [/^\d+$/, 'a whole number'];
for (const [name, [form, words]] of Object.entries({
  times: [/^\d+(\.\d+)?$/, 'a number'],
  cases: WHOLE,
  seed: WHOLE,
})) {
  if (values[name] !== undefined && !form.test(values[name])) {
    console.error(`--${name} must be ${words}`);
    process.exit(64);
  }
}
const OWN = new Set(['times', 'cases', 'seed']);
const passedOn = tokens
  .filter(({ kind, name }) => kind === 'option' && !OWN.has(name))
  .map(({ rawName, value }) => (value === undefined ? rawName : `${rawName}=${value}`));

// Each long run of fuzzing has other cases, unless it is to be repeated.
const seed = values.seed ?? (values.cases === undefined ? undefined : String(Date.now() % 2 ** 31));
const times = values.cases === undefined ? values.times : String(Number(values.cases) / FUZZ_CASES);
const onlyHere = readdirSync('test', { recursive: true })
  .filter((name) => name.endsWith('.campaign-spec.ts'))
  .map((name) => `test/${name}`);
const files =
  positionals.length > 0 ? positionals : ['--findRelatedTests', 'test/support/campaign.ts', ...onlyHere];
const { status } = spawnSync(
  process.execPath,
  ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js', ...passedOn, ...files],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      BBB_TEST_CAMPAIGN: times,
      ...(seed === undefined ? {} : { BBB_TEST_SEED: seed }),
    },
  },
);
process.exit(status ?? 1);
