// Runs the fuzzing tests with more cases than the usual run: npm run fuzz -- --cases 1000000 [--seed 7]
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
  },
});
for (const [name, value] of Object.entries(values)) {
  if (!/^\d+$/.test(value)) {
    console.error(`--${name} takes a whole number`);
    process.exit(64);
  }
}

const { status } = spawnSync(
  process.execPath,
  ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js', 'test/fuzz'],
  {
    stdio: 'inherit',
    env: { ...process.env, BBB_TEST_FUZZ_CASES: values.cases, BBB_TEST_FUZZ_SEED: values.seed },
  },
);
process.exit(status ?? 1);
