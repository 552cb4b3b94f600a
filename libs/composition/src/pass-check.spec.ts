import { expect, it } from '@jest/globals';
import type { PassStore } from '@bbb/rules';
import { checkPasses } from './pass-check.js';

const check = (finishedAt: number | null) =>
  checkPasses({ read: async () => ({ finishedAt }) } as PassStore, { now: () => 1000 }, 60).check();

it.each([
  ['before the first pass', null, undefined],
  ['three intervals after a pass', 820, undefined],
  ['later', 819, expect.stringContaining('no reflector has finished a pass for 181 s')],
])('%s', async (_when, finishedAt, problem) => {
  expect(await check(finishedAt)).toEqual(problem);
});
