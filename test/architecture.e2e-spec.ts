import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { readImportRules } from '../scripts/import-rules.js';
import { ROOT } from './support/project.js';

const RULES = readImportRules();
const APPS = ['tc-listener', 'bb-listener', 'reflector'];

const LONGEST_FILE = 250;
const MOST_FILES = 15;

function listFilesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));
}

const isProduction = (file: string) => !/(?:\.spec|\.d)\.ts$|\/testing\//.test(file);

function readImports(file: string): string[] {
  return ts
    .preProcessFile(readFileSync(join(ROOT, file), 'utf8'), true, true)
    .importedFiles.map(({ fileName }) => fileName);
}

/** The libs that a folder's production code imports, by name. */
function listLibsImportedBy(folder: string): string[] {
  const names = listFilesBelow(folder)
    .filter(isProduction)
    .flatMap(readImports)
    .flatMap((name) => /^@bbb\/([^/]+)/.exec(name)?.[1] ?? []);
  return [...new Set(names)].filter((name) => `libs/${name}` !== folder).sort();
}

describe('docs/architecture.md', () => {
  it('names every lib and every app, and no other', () => {
    const page = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');
    expect([...RULES.keys()].sort()).toEqual(readdirSync(join(ROOT, 'libs')).sort());
    expect(readdirSync(join(ROOT, 'apps')).sort()).toEqual([...APPS].sort());
    for (const app of APPS) expect(page).toContain(`\`apps/${app}\``);
  });

  it.each([...RULES])('libs/%s imports just the libs that the page allows', (lib, allowed) => {
    expect(listLibsImportedBy(`libs/${lib}`)).toEqual([...allowed].sort());
  });

  it('lets no lib import one that imports it', () => {
    const reached = (lib: string, seen = new Set<string>()): Set<string> => {
      for (const next of RULES.get(lib)!) if (!seen.has(next)) reached(next, seen.add(next));
      return seen;
    };
    for (const lib of RULES.keys())
      expect([lib, [...reached(lib)]]).not.toEqual([lib, expect.arrayContaining([lib])]);
  });
});

describe('production code', () => {
  const files = ['all-in-one', 'apps', 'libs'].flatMap(listFilesBelow).filter(isProduction);

  it('reaches into no other folder by path, and into neither sandbox nor test', () => {
    const room = (file: string) => file.split('/').slice(0, 2).join('/');
    const strays = files.flatMap((file) =>
      readImports(file)
        .filter((name) => name.startsWith('.'))
        .map((name) => join(dirname(file), name))
        .filter((target) => room(target) !== room(file))
        .filter((target) => !(file.startsWith('all-in-one/') && target.startsWith('apps/')))
        .map((target) => `${file} imports ${target}`),
    );
    expect(strays).toEqual([]);
  });

  it(`has no file of more than ${LONGEST_FILE} lines`, () => {
    const lines = (file: string) => readFileSync(join(ROOT, file), 'utf8').split('\n').length - 1;
    expect(files.filter((file) => lines(file) > LONGEST_FILE)).toEqual([]);
  });

  it(`has no folder of more than ${MOST_FILES} files beside its subfolders`, () => {
    const counts = new Map<string, number>();
    for (const file of files.filter((one) => basename(one) !== 'index.ts'))
      counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1);
    expect([...counts].filter(([, count]) => count > MOST_FILES)).toEqual([]);
  });
});
