import { spawnSync } from 'node:child_process';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { record } from '../testing/recording-host.js';

describe('completion in bash', () => {
  let script: string;
  beforeAll(async () => {
    const { code, stdout } = await record('completion', 'bash');
    expect(code).toBe(0);
    script = stdout;
  });

  /** What bash offers for the last of these words. */
  function complete(...words: string[]): string[] {
    const ask = `COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _buildbot_bridge; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { status, stdout, stderr } = spawnSync(
      'bash',
      ['--norc', '-c', `${script}\n${ask}`, 'bash', 'buildbot-bridge', ...words],
      { encoding: 'utf8' },
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    return stdout.split('\n').filter(Boolean);
  }

  it.each([
    [['t'], ['tc-listener', 'tclistener', 'tasks']],
    [['-c', 'file.json', 'mig'], ['migrate']],
    [['migrate', '--d'], ['--down']],
    [['messages', ''], expect.arrayContaining(['list', 'show', 'replay', 'drop', '--config'])],
    [['messages', 'replay', '--w'], ['--wait']],
    [['messages', '-v', 'drop', '--subs'], ['--subscription']],
    [['nonsense', ''], []],
  ])('offers for %j', (words, offered) => {
    expect(complete(...words)).toEqual(offered);
  });
});
