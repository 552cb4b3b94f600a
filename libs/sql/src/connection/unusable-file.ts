import { constants } from 'node:fs';
import { access, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Invalid } from '@bbb/rules';
import { Unusable } from './unusable.js';

/** A SQLite file is not what its URL says, and will not become so by waiting. */
export class UnusableFile extends Unusable {
  override readonly name = 'UnusableFile';

  override withSetting(setting: string): Invalid {
    return new Invalid(`${setting}: ${this.message}`, { cause: this });
  }
}

/**
 * Looks for a SQLite file before its driver makes whatever is missing, folders included. The file is not opened:
 * closing it would end the locks that SQLite has on it in this process.
 *
 * @param mustExist whether a file that is missing is refused; otherwise it is only its folder that must exist
 * @throws UnusableFile when there is none, or a folder in its place; an error of Node's own where rights are missing
 */
export async function checkFile(file: string, mustExist: boolean): Promise<void> {
  switch (await readKind(file)) {
    case 'file':
      return access(file, constants.R_OK | constants.W_OK);
    case 'folder':
      throw new UnusableFile(`${file} is a folder; let the URL name a file`);
    case undefined:
      if (mustExist) throw new UnusableFile(`there is no file ${file}; correct the path in the URL`);
  }
  const folder = dirname(file);
  if ((await readKind(folder)) !== 'folder')
    throw new UnusableFile(
      `there is no folder ${folder} for ${file} to be in; make it, or correct the path in the URL`,
    );
}

/** Makes an empty SQLite file that only its owner can read and write, if there is none yet. */
export async function makePrivateFile(file: string): Promise<void> {
  try {
    await writeFile(file, '', { flag: 'wx', mode: 0o600 });
  } catch (error) {
    // One that is there is not opened, see above.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

async function readKind(path: string): Promise<'file' | 'folder' | undefined> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file';
  } catch (error) {
    if (/^(ENOENT|ENOTDIR)$/.test((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
