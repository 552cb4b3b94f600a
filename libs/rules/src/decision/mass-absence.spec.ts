import { describe, expect, it } from '@jest/globals';
import { type Absence, isMassAbsence, judgeAbsence } from './mass-absence.js';

describe('isMassAbsence', () => {
  it.each([
    [{ seen: 10, missing: 10 }, false],
    [{ seen: 11, missing: 11 }, true],
    [{ seen: 55, missing: 11 }, false],
    [{ seen: 54, missing: 11 }, true],
    [{ seen: 1000, missing: 200 }, false],
    [{ seen: 1000, missing: 201 }, true],
  ])('%j: %s', (count, expected) => {
    expect(isMassAbsence(count, 10)).toBe(expected);
  });
});

describe('judgeAbsence', () => {
  const known: Absence = { seen: 100, missing: 0, doubtedSince: null, confirmedMissing: null };
  const judge = (before: Partial<Absence>, missing: number) =>
    judgeAbsence({ ...known, ...before }, { seen: 100, missing }, 10, 2000);

  it.each<[string, Partial<Absence>, number, Partial<Absence>]>([
    ['few', {}, 20, {}],
    ['many', {}, 21, { doubtedSince: 2000 }],
    ['many as before', { doubtedSince: 1000 }, 21, { doubtedSince: 1000 }],
    ['few again', { doubtedSince: 1000 }, 20, {}],
    ['as many as confirmed', { confirmedMissing: 50 }, 50, { confirmedMissing: 50 }],
    ['a few more than confirmed', { confirmedMissing: 50 }, 60, { confirmedMissing: 50 }],
    ['many more than confirmed', { confirmedMissing: 50 }, 61, { doubtedSince: 2000 }],
    ['few after a confirmation, which ends', { confirmedMissing: 50 }, 20, {}],
  ])('%s', (_what, before, missing, expected) => {
    expect(judge(before, missing)).toEqual({ ...known, missing, ...expected });
  });
});
