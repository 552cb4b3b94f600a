// The rules about who may import whom, as docs/architecture.md has them: one table for readers, for ESLint and for the test.
import { readFileSync } from 'node:fs';

const PAGE = new URL('../docs/architecture.md', import.meta.url);
const ROW = /^\| `libs\/([a-z-]+)` +\|[^|]*\| ([^|]*)\|$/gm;

/**
 * @returns each lib's name -> the libs that it may import
 * @throws Error when the table is not found
 */
export function readImportRules() {
  const page = readFileSync(PAGE, 'utf8');
  const rules = new Map(
    [...page.matchAll(ROW)].map(([, lib, allowed]) => [
      lib,
      [...allowed.matchAll(/`([a-z-]+)`/g)].map(([, name]) => name),
    ]),
  );
  if (rules.size === 0) throw new Error('docs/architecture.md has no table of libs');
  return rules;
}
