import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder for one test, used as the working directory of a process. */
export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), 'bbb-platform-'));

  /** Writes a file, readable by its owner only by default, and returns its path. */
  write(name: string, content: string | object, mode = 0o600): string {
    const file = join(this.path, name);
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content), { mode });
    return file;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
