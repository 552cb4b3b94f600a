import { describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeSettings } from '@bbb/configuration';

const ROOT = resolve(fileURLToPath(new URL('..', import.meta.url)));
const SETTINGS_PAGE = join(ROOT, 'docs/configuration.md');

/** Variables of the tests, of the build and of the tools in deploy, which are no settings. */
const OTHER_VARIABLES = /^(BBB_CONFIG$|BBB_TEST_|BBB_UPDATE_)/;

function listFilesBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? listFilesBelow(path) : [path];
  });
}

const pages = [
  ...readdirSync(ROOT)
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(ROOT, name)),
  ...listFilesBelow(join(ROOT, 'docs')).filter((path) => path.endsWith('.md')),
];
const named = (paths: string[]) => paths.map((path) => [relative(ROOT, path), path] as const);

describe('docs/configuration.md', () => {
  it('has every setting; BBB_UPDATE_DOCS=1 writes the table', () => {
    const page = readFileSync(SETTINGS_PAGE, 'utf8');
    const fresh = page.replace(
      /<!-- settings -->[\s\S]*<!-- \/settings -->/,
      `<!-- settings -->\n\n${settingsTable()}\n\n<!-- /settings -->`,
    );
    if (process.env.BBB_UPDATE_DOCS) writeFileSync(SETTINGS_PAGE, fresh);
    expect(readFileSync(SETTINGS_PAGE, 'utf8')).toBe(fresh);
  });
});

describe('the pages', () => {
  it.each(named(pages))('%s links to what exists', (_, page) => {
    const text = readFileSync(page, 'utf8');
    const links = [...text.matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)].map(([, target]) => target!);
    const broken = links.filter((link) => !leadsSomewhere(page, link));
    expect(broken).toEqual([]);
  });

  it.each(named([...pages, ...listFilesBelow(join(ROOT, 'deploy'))]))(
    '%s names variables that exist',
    (_, page) => {
      const known = new Set(
        describeSettings().flatMap(({ variable, secret }) =>
          secret ? [variable, `${variable}_FILE`] : [variable],
        ),
      );
      const text = readFileSync(page, 'utf8');
      const found = [...text.matchAll(/\b(?:BBB|TASKCLUSTER)_[A-Z0-9_]+\b/g)].map(([name]) => name);
      expect(found.filter((name) => !known.has(name) && !OTHER_VARIABLES.test(name))).toEqual([]);
    },
  );
});

function settingsTable(): string {
  const rows = describeSettings().map(({ keys, variable, default: fallback, doc, secret, example }) => {
    const names = secret ? `${code(variable)}, or ${code(`${variable}_FILE`)}` : code(variable);
    const shown = example === undefined ? '' : ` Example: ${code(example)}.`;
    return `| ${keys.map(code).join(', or ')} | ${names} | ${escaped(fallback)} | ${escaped(doc)}${shown} |`;
  });
  return [
    '| key in the JSON file | variable | default | meaning |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

function code(text: string): string {
  return `\`${escaped(text)}\``;
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|');
}

function leadsSomewhere(page: string, link: string): boolean {
  const [path, anchor] = link.split('#') as [string, string?];
  const target = path === '' ? page : join(dirname(page), path);
  if (!existsSync(target)) return false;
  return anchor === undefined || findAnchors(target).includes(anchor);
}

/** The anchors of a page's headings, as GitHub makes them. */
function findAnchors(page: string): string[] {
  const headings = readFileSync(page, 'utf8').matchAll(/^#+ (.+)$/gm);
  return [...headings].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}
