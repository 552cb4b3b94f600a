import { expect, it } from '@jest/globals';
import { checkCredentials } from './credentials-check.js';

const NOW = 1_800_000_000;
const DAY = 86_400;

const check = (left: number) => {
  const certificate = JSON.stringify({ version: 1, expiry: (NOW + left) * 1000 });
  const [found] = checkCredentials({ certificate }, { now: () => NOW });
  return found!.check();
};

it.each([
  ['long before the expiry', 2 * DAY, undefined],
  ['within a day of the expiry', DAY - 1, expect.stringMatching(/^the temporary credentials expire at /)],
  ['after the expiry', -1, expect.stringMatching(/^the temporary credentials expired at .*; set new ones$/)],
])('%s', async (_when, left, problem) => {
  expect(await check(left)).toEqual(problem);
});

it('is not needed for permanent credentials', () => {
  expect(checkCredentials({}, { now: () => NOW })).toEqual([]);
});
