import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './support/project.js';

function countPackages(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, 'scripts/count-packages.js'), ...args],
    {
      encoding: 'utf8',
    },
  );
  return { status, stdout, stderr };
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bbb-test-packages-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const lockfile = (packages: object) => {
  const file = join(folder, 'package-lock.json');
  writeFileSync(file, JSON.stringify({ packages: { '': { name: 'x' }, ...packages } }));
  return file;
};

describe('the packages of production', () => {
  it('are counted; none runs a script at installation, each has a checksum', () => {
    expect(countPackages()).toEqual({
      status: 0,
      stdout: expect.stringMatching(/^\d+ production packages, \d+ of them optional/),
      stderr: '',
    });
  });

  it('may not run scripts at installation, wherever they lie; those for development and drivers may', () => {
    const script = { version: '1.0.0', integrity: 'x', hasInstallScript: true };
    const file = lockfile({
      'node_modules/a/node_modules/@s/b': script,
      'node_modules/c': { ...script, dev: true },
      'node_modules/libsql': script,
    });
    expect(countPackages(file)).toMatchObject({
      status: 1,
      stderr: 'with a script at installation: @s/b@1.0.0\n',
    });
  });

  it('may not be without a checksum', () => {
    const file = lockfile({ 'node_modules/a': { version: '1.0.0' } });
    expect(countPackages(file)).toMatchObject({ status: 1, stderr: expect.stringContaining('a@1.0.0') });
  });
});
