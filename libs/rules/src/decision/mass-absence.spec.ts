import { describe, expect, it } from '@jest/globals';
import { isMassAbsence } from './mass-absence.js';

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
