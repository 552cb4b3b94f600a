import { beforeEach, describe, expect, it } from '@jest/globals';
import { ProgressLine } from './progress-line.js';

let now: number;
let written: string[];

beforeEach(() => {
  now = 0;
  written = [];
});

const lineOn = (isTTY: boolean) =>
  new ProgressLine({ isTTY, write: (text: string) => written.push(text) }, () => now);

describe('a progress line', () => {
  it('says what is under way, how much is done and how long the rest may take', () => {
    const line = lineOn(false);
    line.show(0, 4, 'first');
    now = 90_000;
    line.show(1, 4, 'second');
    line.show(4, 4, 'over');
    expect(written).toEqual([
      '0 of 4, 0 s: first\n',
      '1 of 4, 1 min 30 s, about 4 min 30 s left: second\n',
      '4 of 4, 1 min 30 s: over\n',
    ]);
  });

  it('repeats itself every ten seconds where there is no terminal', () => {
    const line = lineOn(false);
    for (now = 0; now < 25_000; now += 1000) line.show(1, 2, 'the same');
    expect(written).toHaveLength(3);
  });

  it('is one line on a terminal, drawn anew each time', () => {
    const line = lineOn(true);
    line.show(0, 2, 'the same');
    line.show(1, 2, 'the same');
    line.erase();
    expect(written).toEqual([
      '\r\x1b[K0 of 2, 0 s: the same',
      '\r\x1b[K1 of 2, 0 s, about 0 s left: the same',
      '\r\x1b[K',
    ]);
  });
});
