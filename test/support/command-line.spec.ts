import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { parseDatabase, readOptionsGiven, parseSchema, parseWholeNumber } from './command-line.js';

const USAGE = 'command [options]\n';

describe('the options given', () => {
  const { argv, exitCode } = process;
  let shown: { out: string; error: string };

  beforeEach(() => {
    shown = { out: '', error: '' };
    process.argv = ['node', 'command', '--tasks', '3'];
    process.exitCode = undefined;
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => !!(shown.out += String(text)));
    jest.spyOn(process.stderr, 'write').mockImplementation((text) => !!(shown.error += String(text)));
  });

  afterEach(() => {
    jest.restoreAllMocks();
    process.argv = argv;
    process.exitCode = exitCode;
  });

  it('are those of the process', () => {
    expect(readOptionsGiven((args) => args, USAGE)).toEqual(['--tasks', '3']);
    expect(shown).toEqual({ out: '', error: '' });
  });

  it('are none where help is asked for: the usage is what was wanted', () => {
    expect(readOptionsGiven(() => 'help', USAGE)).toBeUndefined();
    expect({ ...shown, exitCode: process.exitCode }).toEqual({ out: USAGE, error: '', exitCode: undefined });
  });

  it('are none where they are wrong: what is wrong comes first, then the usage', () => {
    const read = () => parseWholeNumber('--tasks', 'three');
    expect(readOptionsGiven(read, USAGE)).toBeUndefined();
    const error = `--tasks must be a whole number of at least 1\n\n${USAGE}`;
    expect({ ...shown, exitCode: process.exitCode }).toEqual({ out: '', error, exitCode: 64 });
  });

  it('hide no defect of the command', () => {
    const read = () => {
      throw new RangeError('defect');
    };
    expect(() => readOptionsGiven(read, USAGE)).toThrow(RangeError);
  });
});

describe('a value of an option', () => {
  it('is a whole number, the least one included', () => {
    expect([parseWholeNumber('--runs', '1'), parseWholeNumber('--seed', '0', 0)]).toEqual([1, 0]);
  });

  it.each(['', '0', '-1', '1.5', 'many'])('is no whole number from 1: %j', (text) => {
    expect(() => parseWholeNumber('--runs', text)).toThrow(
      new TypeError('--runs must be a whole number of at least 1'),
    );
  });

  it('is a database or a schema by its name', () => {
    expect([parseDatabase('mysql'), parseDatabase('postgres')]).toEqual(['mysql', 'postgres']);
    expect([parseSchema('6'), parseSchema('24')]).toEqual([6, 24]);
    expect(() => parseDatabase('sqlite')).toThrow(new TypeError('--database must be mysql or postgres'));
    expect(() => parseSchema('25')).toThrow(new TypeError('--schema must be 6 or 24'));
  });
});
