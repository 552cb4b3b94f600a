import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LearnedSecrets } from './learned-secrets.js';

const learned = (capacity: number, ...secrets: string[]) => {
  const all = new LearnedSecrets(capacity);
  for (const secret of secrets) all.learn(secret, [secret]);
  return all;
};

describe('LearnedSecrets', () => {
  it('hides each secret wherever it stands, the longer one of two that begin alike', () => {
    const all = learned(10, 'abcdefgh-1', 'abcdefgh-1-and-more', 'ijklmnop');
    expect(all.hide('abcdefgh-1-and-more|xijklmnopijklmnop|abcdefgh-2|abcdefgh-1', '*')).toBe(
      '*|x**|abcdefgh-2|*',
    );
    expect(all.hide('abcdefgh', '*')).toBe('abcdefgh');
  });

  it('hides the beginning of a secret at the end of a text that was cut off', () => {
    const all = learned(10, 'abcdefghijkl');
    expect(all.hide('x abcdefghi', '*', true)).toBe('x *');
    expect(all.hide('x abcdefghi', '*')).toBe('x abcdefghi');
    expect(all.hide('x abcdefghi.', '*', true)).toBe('x abcdefghi.');
  });

  it('drops the oldest beyond its capacity', () => {
    const all = learned(2, 'same-beginning-1', 'same-beginning-2', 'same-beginning-3', 'same-beginning-3');
    expect(all.size).toBe(2);
    expect(all.hide('same-beginning-1 same-beginning-2 same-beginning-3', '*')).toBe('same-beginning-1 * *');
  });

  it('does not learn a text that may be a word', () => {
    expect(learned(2, 'running').size).toBe(0);
  });

  it('finds the same as a search for each secret would, also after some were dropped', () => {
    const characters = fc.constantFrom('a', 'b', 'é', '\u{1f600}', '\ud800');
    const secret = fc.array(characters, { minLength: 8, maxLength: 10 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(
        fc.uniqueArray(secret, { minLength: 1, maxLength: 12 }),
        fc.array(fc.oneof(secret, characters), { maxLength: 20 }),
        (secrets, parts) => {
          const all = learned(5, ...secrets);
          const known = secrets.slice(-5);
          const text = parts.join('');
          let expected = '';
          for (let at = 0; at < text.length;) {
            const found = known.filter((each) => text.startsWith(each, at)).map(({ length }) => length);
            const length = Math.max(0, ...found);
            expected += length > 0 ? '*' : text[at];
            at += Math.max(1, length);
          }
          expect(all.hide(text, '*')).toBe(expected);
        },
      ),
    );
  });
});
