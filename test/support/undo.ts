import { afterAll } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What was made and has to be taken away again. */
export class Undo {
  readonly #steps: (() => unknown)[] = [];

  push(step: () => unknown): void {
    this.#steps.push(step);
  }

  /** Makes a folder. @returns its path */
  async makeFolder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'bbb-test-'));
    this.push(() => rm(folder, { recursive: true, force: true }));
    return folder;
  }

  /** Takes everything away, what was made last first. */
  async run(): Promise<void> {
    for (const step of this.#steps.splice(0).reverse()) await step();
  }
}

/** For the tests of one block or file; `after` says whether it is run after all of them, or after each. */
export function useUndo(after: typeof afterAll = afterAll): Undo {
  const undo = new Undo();
  after(() => undo.run());
  return undo;
}
