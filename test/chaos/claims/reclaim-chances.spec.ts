import { expect, it } from '@jest/globals';
import { ReclaimChances } from './reclaim-chances.js';

const END = 1000;
const WINDOW = 15;

it.each<[string, (second: number) => readonly string[], boolean]>([
  ['one reflector runs all the time', () => ['a'], true],
  ['none runs', () => [], false],
  ['one runs in the last ten seconds', (at) => (at >= END - 10 ? ['a'] : []), true],
  ['one runs for nine seconds', (at) => (at >= END - 9 ? ['a'] : []), false],
  ['one is killed in the middle', (at) => (at === END - 7 ? [] : ['a']), false],
  ['two take turns at being killed', (at) => (at % 2 ? ['a'] : ['b']), false],
  ['one is killed in the middle, another one is not', (at) => (at === END - 7 ? ['b'] : ['a', 'b']), true],
  [
    'one runs before the claim is due, and after it has ended',
    (at) => (at < END - WINDOW || at > END ? ['a'] : []),
    false,
  ],
])('%s', (_what, ableAt, expected) => {
  const chances = new ReclaimChances();
  for (let at = END - 60; at < END + 60; at++) chances.note(at, ableAt(at));
  expect(chances.couldReclaim(END, WINDOW)).toBe(expected);
});

it('a time without looks is no chance', () => {
  const chances = new ReclaimChances();
  for (const at of [END - 14, END - 13, END - 1, END]) chances.note(at, ['a']);
  expect(chances.couldReclaim(END, WINDOW)).toBe(false);
});
