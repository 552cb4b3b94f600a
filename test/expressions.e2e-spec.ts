import { beforeAll, describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { ROOT } from './support/project.js';

/** Milliseconds that one expression may be analysed for; the slowest takes two seconds. */
const TIME_LIMIT = 30_000;

interface Expression {
  literal: string;
  /** File and line. */
  place: string;
}

/** Where expressions are made at run time, and what bounds their text. */
const MADE: Record<string, string> = {
  'libs/rules/src/policy/bounded-pattern.ts':
    'runs on single characters; patterns are matched in counted steps',
};

function productionFiles(): string[] {
  return ['apps', 'libs'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.ts$/.test(entry.name) && !/spec\.ts$|\.d\.ts$/.test(entry.name))
      .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
      .filter((file) => !file.includes('/testing/')),
  );
}

function visitNodes(file: string, visit: (node: ts.Node, source: ts.SourceFile) => void): void {
  const source = ts.createSourceFile(
    file,
    readFileSync(join(ROOT, file), 'utf8'),
    ts.ScriptTarget.Latest,
    true,
  );
  const walk = (node: ts.Node): void => {
    visit(node, source);
    ts.forEachChild(node, walk);
  };
  walk(source);
}

function findExpressions(files: readonly string[]): Expression[] {
  const found = new Map<string, Expression>();
  for (const file of files) {
    visitNodes(file, (node, source) => {
      if (!ts.isRegularExpressionLiteral(node) || found.has(node.text)) return;
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      found.set(node.text, { literal: node.text, place: `${file}:${line + 1}` });
    });
  }
  return [...found.values()];
}

function makesExpressions(file: string): boolean {
  let makes = false;
  visitNodes(file, (node) => {
    if (ts.isIdentifier(node) && node.text === 'RegExp' && !ts.isTypeNode(node.parent)) makes = true;
  });
  return makes;
}

describe('regular expressions of the bridge', () => {
  const files = productionFiles();
  let analyse: (literal: string) => { status: string; complexity?: { type: string } };

  beforeAll(async () => {
    // The analysis in JavaScript: no program is started, the result is the same on every system.
    process.env.RECHECK_BACKEND = 'pure';
    const { checkSync } = await import('recheck');
    analyse = (literal) => {
      const end = literal.lastIndexOf('/');
      const params = { timeout: TIME_LIMIT, checker: 'automaton' } as const;
      return checkSync(literal.slice(1, end), literal.slice(end + 1), params);
    };
  });

  it('are found', () => {
    expect(files.length).toBeGreaterThan(200);
    expect(findExpressions(files).length).toBeGreaterThan(80);
  });

  it('are told apart by the analysis', () => {
    expect(analyse('/x+$/').complexity?.type).toBe('polynomial');
    expect(analyse('/^x+$/').complexity?.type).toBe('linear');
  });

  it.each(findExpressions(files).map(({ literal, place }) => [place, literal] as const))(
    'take linear time at most: %s',
    (_place, literal) => {
      const { status, complexity } = analyse(literal);
      expect([status, complexity?.type]).toEqual([
        'safe',
        expect.stringMatching(/^(?:linear|constant|safe)$/),
      ]);
    },
    5 * TIME_LIMIT,
  );

  it('are made at run time nowhere else', () => {
    expect(files.filter(makesExpressions)).toEqual(Object.keys(MADE));
  });
});
