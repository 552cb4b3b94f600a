import { describe, expect, it } from '@jest/globals';
import { LargeAnswers } from './large-answers.js';

describe('LargeAnswers', () => {
  it('reads two at a time, in order, and refuses what would have to wait behind many', async () => {
    const answers = new LargeAnswers();
    const begun: number[] = [];
    const ends: (() => void)[] = [];
    const reads = Array.from({ length: 25 }, (_, index) =>
      answers
        .run(async () => {
          begun.push(index);
          await new Promise<void>((resolve) => ends.push(resolve));
          if (index === 1) throw new Error('no answer');
          return index;
        })
        .catch((error: Error) => error.message),
    );
    await Promise.resolve();
    expect(begun).toEqual([0, 1]);
    for (let at = 0; at < 22; at++) {
      ends[at]!();
      await reads[at];
      await Promise.resolve();
    }
    const results = await Promise.all(reads);
    expect(begun).toEqual(Array.from({ length: 22 }, (_, index) => index));
    expect(results.slice(0, 3)).toEqual([0, 'no answer', 2]);
    expect(results.slice(22)).toEqual(
      Array.from({ length: 3 }, () => 'too many large tasks are being read; will retry'),
    );
    await expect(answers.run(() => Promise.resolve('free again'))).resolves.toBe('free again');
  });
});
