import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The folder of a package, in the path of one of its files. */
const PACKAGE = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/;

/**
 * What the licences of bundled packages ask to go along with them.
 *
 * @param metafile esbuild's, of the bundle
 * @returns a text with each package that has something in the bundle: name, version, licence, and the licence's text
 */
export function thirdPartyNotices({ outputs }) {
  const files = Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs));
  const folders = new Set(files.flatMap((file) => PACKAGE.exec(file)?.[0] ?? []));
  return [...new Set([...folders].map(noticeOf))].sort().join(`\n${'-'.repeat(80)}\n\n`);
}

function noticeOf(folder) {
  const {
    name,
    version,
    licenses,
    // Older packages have a list.
    license = licenses?.map(({ type }) => type).join(', '),
  } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const texts = readdirSync(folder)
    .filter((file) => /^(licen[cs]e|notice)/i.test(file))
    .map((file) => `\n${readFileSync(join(folder, file), 'utf8').trim()}\n`);
  return `${name} ${version} (${license})\n${texts.join('')}`;
}
