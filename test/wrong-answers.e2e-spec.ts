import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

describe('docs/wrong-answers.md', () => {
  const page = readFileSync('docs/wrong-answers.md', 'utf8');
  const rows = [...page.matchAll(/^\| (?!fault|-)(.+?) +\| .+? +\| (.+?) *\|$/gm)];

  it('has rows', () => {
    expect(rows.length).toBeGreaterThan(15);
  });

  it.each(rows.map(([, fault = '', tests = '']) => [fault, tests] as const))(
    'names tests that exist: %s',
    (_fault, tests) => {
      const named = [...tests.matchAll(/`([^`]+)` “([^”]+)”/g)];
      expect(named.length).toBeGreaterThan(0);
      for (const [, file = '', title = ''] of named) {
        expect({ file, title, is: readFileSync(file, 'utf8').includes(title) }).toEqual({
          file,
          title,
          is: true,
        });
      }
    },
  );
});
