import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The files of JavaScript that a process has run, of either kind of module, told by V8 itself.
 *
 * @param folder what the process had as `NODE_V8_COVERAGE`; it has ended by now
 */
export async function loadedModules(folder: string): Promise<string[]> {
  const [file] = await readdir(folder);
  const { result } = JSON.parse(await readFile(join(folder, file!), 'utf8')) as { result: { url: string }[] };
  const urls = new Set(result.map(({ url }) => url).filter((url) => url.startsWith('file:')));
  return [...urls].map((url) => fileURLToPath(url));
}

/** Of a file below `node_modules`; nothing for one of our own. */
export function packageOf(file: string): string | undefined {
  return /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1];
}
