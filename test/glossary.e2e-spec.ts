import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './support/project.js';

const PAGE = 'docs/glossary.md';
const ROW = /^\| [^|]+ \| [^|]+ \| +([^|]*?) +\|$/gm;

/** Pages that tell of other programs or of earlier versions, in their words. */
const OTHER_WORDS = [PAGE, 'CHANGELOG.md', 'docs/weaknesses.md', 'docs/migrating-from-the-python-bridge.md'];

/** Buildbot's own tables and its Self Serve have columns and fields of that name. */
const COLUMN_OF_BUILDBOT = /^(?:libs\/scheduler-db|libs\/bridge-db|sandbox|test|bench)\//;

function bannedWords(): string[] {
  const page = readFileSync(join(ROOT, PAGE), 'utf8');
  return [...page.matchAll(ROW)].flatMap(([, cell]) =>
    [...cell!.matchAll(/`([^`]+)`/g)].map(([, word]) => word!),
  );
}

/** Lines that hold the word, in any case, as a whole or as a part of a longer name such as `renewClaim`. */
function linesWith(word: string): string[] {
  try {
    return execFileSync(
      'git',
      [
        'grep',
        '-inE',
        `\\b${word}`,
        '--',
        'apps',
        'libs',
        'sandbox',
        'test',
        'bench',
        'bin',
        'deploy',
        'docs',
        '*.md',
      ],
      { cwd: ROOT, encoding: 'utf8' },
    )
      .trim()
      .split('\n');
  } catch (error) {
    // git grep ends with 1 when nothing is found.
    if ((error as { status: number }).status === 1) return [];
    throw error;
  }
}

function isExempt(word: string, line: string): boolean {
  const file = line.slice(0, line.indexOf(':'));
  return (
    OTHER_WORDS.includes(file) ||
    file === 'test/glossary.e2e-spec.ts' ||
    (word === 'brid' && COLUMN_OF_BUILDBOT.test(file))
  );
}

describe('docs/glossary.md', () => {
  it('has words that are not used', () => {
    expect(bannedWords()).toContain('renew');
  });

  it.each(bannedWords())('%s is used nowhere', (word) => {
    const pattern = word === 'brid' ? 'brid\\b' : word;
    expect(linesWith(pattern).filter((line) => !isExempt(word, line))).toEqual([]);
  });
});
