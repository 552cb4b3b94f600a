import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { loadCommands } from './program/registry.js';
import { record } from './testing/recording-host.js';

const ROOT = new URL('../../../', import.meta.url);

describe('buildbot-bridge', () => {
  it('prints the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8')) as {
      version: string;
    };
    expect(await record('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it.each([['--help'], ['-h'], ['help']])('prints commands, options and exit codes: %s', async (arg) => {
    const { code, stdout, stderr } = await record(arg);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Usage: buildbot-bridge \[options\] COMMAND\n/);
    for (const name of [
      'tc-listener|tclistener',
      'bb-listener|bblistener',
      'reflector',
      'config',
      'check',
      'migrate',
      'messages',
    ])
      expect(stdout).toContain(`  ${name}`);
    expect(stdout).toMatch(/ 64 {2}wrong command line\n {2}78 {2}wrong configuration/);
  });

  it('prints help with examples for every command', async () => {
    for (const { name, commands = [] } of await loadCommands(['completion'])) {
      for (const path of [[name], ...commands.map((child) => [name, child.name])]) {
        const { code, stdout } = await record(...path, '--help');
        expect(code).toBe(0);
        expect(stdout).toContain(`Usage: buildbot-bridge ${path[0]}`);
        expect(stdout).toMatch(new RegExp(`\\nExamples:\\n  buildbot-bridge .*${path.at(-1)}`));
        expect((await record('help', ...path)).code).toBe(0);
      }
    }
  });

  it.each([
    [['tc-listener'], 'tc-listener', []],
    [['tclistener'], 'tc-listener', []],
    [['-c', 'x.json', 'bblistener'], 'bb-listener', ['--config', 'x.json']],
    [['reflector', '--config', 'x.json', '-v'], 'reflector', ['--config', 'x.json', '-v']],
    [['reflector', '-q'], 'reflector', ['-q']],
  ] as const)('gives the process over to a service: %j', async (args, service, serviceArgs) => {
    expect(await record(...args)).toEqual({
      code: undefined,
      stdout: '',
      stderr: '',
      started: { service, args: serviceArgs },
    });
  });

  it.each([
    [[], 'missing command'],
    [['nonsense'], 'unknown command: nonsense'],
    [['toString'], 'unknown command: toString'],
    [['messages'], 'missing command'],
    [['messages', 'nonsense'], 'unknown command: nonsense'],
    [['reflector', '--nonsense'], "unknown option: '--nonsense'"],
    [['reflector', 'tclistener'], 'unexpected argument: tclistener'],
    [['reflector', '-v', '-q'], "option '-v, --verbose' cannot be used with option '-q, --quiet'"],
    [['reflector', '--down'], "unknown option: '--down'"],
    [['-c'], "option '-c, --config <FILE>' argument missing"],
    [['migrate', '--down', '--show'], "option '--down' cannot be used with option '--show'"],
    [['messages', 'replay'], 'missing argument: the id of a message, or --all'],
    [['messages', 'replay', '1', '--wait', 'x'], '--wait takes a number of seconds, not: x'],
    [['messages', 'list', '1'], 'unexpected argument: 1'],
    [['messages', 'list', '--state', 'x'], 'Allowed choices are parked, quarantined'],
    [['messages', 'drop', 'x'], 'not the id of a message: x'],
    [['messages', 'drop', '0'], 'not the id of a message: 0'],
    [['messages', 'drop', '1', '--all'], 'unexpected argument: 1 (with --all)'],
    [
      ['messages', 'drop', '1', '--state', 'parked'],
      '--state and --subscription select messages together with --all',
    ],
    [['messages', 'show'], "missing required argument 'id'"],
    [['messages', 'show', '1', '2'], 'unexpected argument: 2'],
    [['completion', 'fish'], 'Allowed choices are bash'],
  ])('rejects %j with the reason and code 64', async (args, reason) => {
    const { code, stdout, stderr } = await record(...args);
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
    expect(stderr).toContain(reason);
    expect(stderr).toMatch(/\n\nUsage: buildbot-bridge/);
  });

  it.each([
    ['explain', '-dIUqVyGTBKW6s-wQHWnmg', '--json'],
    ['explain', '--json', '-dIUqVyGTBKW6s-wQHWnmg'],
    ['sync', '-dIUqVyGTBKW6s-wQHWnmg'],
  ])('takes the id of a task that begins with a hyphen: %s %s', async (...args) => {
    const { code, stderr } = await record('-c', '/nowhere/config.json', ...args);
    expect(stderr).toContain('/nowhere/config.json');
    expect(code).toBe(78);
  });
});
