import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../../../..');

function command(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [`${ROOT}/bin/buildbot-bridge.js`, ...args],
    {
      encoding: 'utf8',
    },
  );
  return { status, stdout, stderr };
}

describe('buildbot-bridge', () => {
  it('tells the version of the package', () => {
    const { version } = JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8')) as { version: string };
    expect(command('--version')).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('tells how it is used', () => {
    expect(command('--help')).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^Usage: buildbot-bridge/),
    });
  });

  it.each([
    [[], 'no command'],
    [['nonsense'], 'there is no command nonsense'],
    [['toString'], 'there is no command toString'],
    [['reflector', '--nonsense'], '--nonsense'],
    [['reflector', 'tclistener'], 'too much'],
    [['reflector', '-v', '-q'], 'one of --verbose and --quiet'],
    [['reflector', '--down'], 'belong to migrate'],
    [['migrate', '--down', '--show'], 'one of'],
    [['messages'], 'list, replay ID or drop ID'],
    [['messages', 'replay'], 'takes an ID'],
    [['messages', 'list', '1'], 'takes no ID'],
    [['messages', 'drop', 'x'], 'is a number'],
    [['messages', 'drop', '1', '2'], 'too much'],
  ])('refuses %j with the usage and code 64', (args, reason) => {
    const { status, stdout, stderr } = command(...args);
    expect({ status, stdout }).toEqual({ status: 64, stdout: '' });
    expect(stderr).toContain(reason);
    expect(stderr).toContain('Usage:');
  });
});
