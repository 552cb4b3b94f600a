import { describe, expect, it } from '@jest/globals';
import { PausedBuilders } from './paused-builders.js';

const pause = (builders: string) => ({ builders, reason: '', since: 1, by: 'root@db' });

describe('PausedBuilders', () => {
  it('matches names from their start, as the settings of builders do', () => {
    const paused = new PausedBuilders([pause('^Windows'), pause('Linux .*build$')]);
    expect(paused.find('Windows 10 build')?.builders).toBe('^Windows');
    expect(paused.find('Linux x86-64 build')?.builders).toBe('Linux .*build$');
    expect(paused.find('Linux x86-64 test')).toBeUndefined();
    expect(paused.find('My Windows')).toBeUndefined();
    expect(new PausedBuilders([]).find('x')).toBeUndefined();
  });

  it('holds back what a pattern cannot decide, and everything for one that cannot be read', () => {
    expect(new PausedBuilders([pause('(')]).find('any')).toBeDefined();
    // References to groups are tried within a bound of steps.
    expect(new PausedBuilders([pause('(a+)+\\1b')]).find('a'.repeat(255))).toBeDefined();
    expect(new PausedBuilders([pause('.*')]).find('x'.repeat(10_000))).toBeDefined();
  });

  it('pauses on a bound that is reached, and decides a long name by its beginning', () => {
    expect(new PausedBuilders([pause('(a+)+\\1b')]).find('a'.repeat(255))).toBeDefined();
    expect(new PausedBuilders([pause('b')]).find('a'.repeat(600))).toBeUndefined();
  });

  it('tells upper from lower case, also in what a reference repeats', () => {
    const paused = new PausedBuilders([pause('(a)\\1')]);
    expect(paused.find('aa')).toBeDefined();
    expect(paused.find('aA')).toBeUndefined();
  });
});
