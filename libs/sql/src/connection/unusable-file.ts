import { constants } from 'node:fs';
import { access, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Invalid } from '@bbb/rules';
import { Unusable } from './unusable.js';

/** A SQLite file does not match its URL, and waiting does not help. */
export class UnusableFile extends Unusable {
  override readonly name = 'UnusableFile';

  override withSetting(setting: string): Invalid {
    return new Invalid(`${setting}: ${this.message}`, { cause: this });
  }
}

/**
 * Checks for a SQLite file before its driver creates missing files and folders. The file is not opened: closing it would
 * release the locks that SQLite holds on it in this process.
 *
 * @param mustExist whether a missing file is an error; otherwise only its folder must exist
 * @throws UnusableFile when it is missing or a folder; an error of Node.js when rights are missing
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

/** Creates an empty SQLite file that only its owner can read and write, if it does not exist. */
export async function makePrivateFile(file: string): Promise<void> {
  try {
    await writeFile(file, '', { flag: 'wx', mode: 0o600 });
  } catch (error) {
    // An existing file is not opened, see above.
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
