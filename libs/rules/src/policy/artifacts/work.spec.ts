import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { BoundedPattern } from '../bounded-pattern.js';
import { countReads } from '../../testing/count-reads.js';
import {
  ArtifactPolicy,
  type BuildProperty,
  LARGEST_PROPERTIES,
  WITHHELD_PROPERTIES,
} from './artifact-policy.js';
import { MAX_STEPS, WithheldNames } from './withheld-names.js';

/** Steps of one pattern over one text at most. */
const MOST_OF_ONE = 500_000;

/** Properties of a build as a stranger may choose them, of about so many bytes. */
const FORMS: Record<string, (bytes: number) => BuildProperty[]> = {
  'long names': (bytes) => properties(bytes / 200, (index) => [`${index}`.padStart(190, 'n'), 1]),
  'short names': (bytes) => properties(bytes / 20, (index) => [`name${index}`, 1]),
  'names in values': (bytes) => [
    ['a', Object.fromEntries(properties(bytes / 12, (index) => [`${index}`.padStart(8, 'k'), 1])), 's'],
  ],
  'short texts': (bytes) => [['a', Array.from({ length: bytes / 9 }, (_, index) => `v${index}`), 's']],
  'a list of numbers': (bytes) => [['a', Array.from({ length: bytes / 2 }, () => 1), 's']],
  'long texts': (bytes) => properties(15, (index) => [`p${index}`, 'x'.repeat(bytes / 15)]),
  depth: (bytes) => [['a', JSON.parse('['.repeat(bytes / 2) + ']'.repeat(bytes / 2)), 's']],
};

function properties(count: number, create: (index: number) => [string, unknown]): BuildProperty[] {
  return Array.from({ length: Math.floor(count) }, (_, index): BuildProperty => [...create(index), 's']);
}

let steps = 0;
const matchesAnywhere = BoundedPattern.prototype.matchesAnywhere;

beforeEach(() => {
  steps = 0;
  jest.spyOn(BoundedPattern.prototype, 'matchesAnywhere').mockImplementation(function (
    this: BoundedPattern,
    text,
  ) {
    const found = matchesAnywhere.call(this, text);
    steps += this.steps;
    return found;
  });
});
afterEach(() => void jest.restoreAllMocks());

/** Values read, and steps of patterns. */
function workOn(given: BuildProperty[]): { reads: number; steps: number } {
  const counted = countReads(given);
  steps = 0;
  const { content } = new ArtifactPolicy().selectProperties(counted.value);
  expect(Buffer.byteLength(content)).toBeLessThanOrEqual(LARGEST_PROPERTIES);
  return { reads: counted.reads(), steps };
}

describe('the work on the properties of one build', () => {
  it.each(Object.entries(FORMS))('grows no faster than they do: %s', (_name, form) => {
    const [one, two, four, large] = [1, 2, 4, 64].map((factor) => workOn(form(1024 * factor)));
    const isLinear = (work: number, first: number, factor: number) => work <= 1.3 * factor * first + 300;
    for (const kind of ['reads', 'steps'] as const) {
      expect(isLinear(two![kind], one![kind], 2)).toBe(true);
      expect(isLinear(four![kind], one![kind], 4)).toBe(true);
      expect(isLinear(large![kind], one![kind], 64)).toBe(true);
    }
  });

  it.each(Object.entries(FORMS))('has a bound, in the largest message as well: %s', (_name, form) => {
    const work = workOn(form(1024 * 1024));
    expect(work.steps).toBeLessThanOrEqual(MAX_STEPS + MOST_OF_ONE);
    expect(work.reads).toBeLessThanOrEqual(2_500_000);
  });
});

describe('names', () => {
  it('are withheld after too many of them; the names judged before are not', () => {
    const judge = new WithheldNames(WITHHELD_PROPERTIES).createJudge();
    expect(judge('branch')).toBe(false);
    const names = Array.from({ length: 5000 }, (_, index) => `${index}`.padStart(190, 'n'));
    const told = names.map(judge);
    expect(told[0]).toBe(false);
    expect(told.at(-1)).toBe(true);
    expect(judge('revision')).toBe(true);
    expect(judge('branch')).toBe(false);
    expect(new WithheldNames(WITHHELD_PROPERTIES).createJudge()('revision')).toBe(false);
  });
});
