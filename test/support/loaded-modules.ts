import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The files of JavaScript that a process has run, of either kind of module, told by V8 itself; of a bundle also the files
 * that it was made of, as far as they left something in it.
 *
 * @param folder what the process had as `NODE_V8_COVERAGE`; it has ended by now
 */
export async function listLoadedModules(folder: string): Promise<string[]> {
  const [file] = await readdir(folder);
  const { result } = JSON.parse(await readFile(join(folder, file!), 'utf8')) as { result: { url: string }[] };
  const urls = new Set(result.map(({ url }) => url).filter((url) => url.startsWith('file:')));
  const files = [...urls].map((url) => fileURLToPath(url));
  return [...files, ...(await Promise.all(files.map(findBundle))).flat()];
}

async function findBundle(file: string): Promise<string[]> {
  const map = await readFile(`${file}.map`, 'utf8').catch(() => undefined);
  if (map === undefined) return [];
  const { sources } = JSON.parse(map) as { sources: string[] };
  return sources.map((source) => resolve(dirname(file), source));
}

/** Of a file below `node_modules`; nothing for one of our own. */
export function findPackage(file: string): string | undefined {
  return /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1];
}
