import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stateOf } from './project.js';

describe('the state of a checkout, by which its compiled copy is found again', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bbb-test-checkouts-'));
    for (const checkout of ['one', 'other']) {
      await mkdir(join(folder, checkout, 'libs'), { recursive: true });
      await writeFile(join(folder, checkout, 'libs', 'here.ts'), 'export {};');
      await writeFile(join(folder, checkout, 'libs', 'here.spec.ts'), 'export {};');
    }
  });

  afterEach(() => rm(folder, { recursive: true }));

  const state = (checkout: string) => stateOf(join(folder, checkout), ['libs']);

  it('is another one after a change of what is compiled, and only then', async () => {
    const before = await state('one');
    await appendFile(join(folder, 'one', 'libs', 'here.spec.ts'), '\n');
    expect(await state('one')).toBe(before);
    await appendFile(join(folder, 'one', 'libs', 'here.ts'), '\n');
    expect(await state('one')).not.toBe(before);
  });

  it('is another one in each checkout: a compiled copy borrows the dependencies of its own', async () => {
    expect(await state('one')).not.toBe(await state('other'));
  });
});
