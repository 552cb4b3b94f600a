import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { followCampaign, isFull, pickShare } from '../support/campaign.js';
import { effectsOf, play, RECOVERIES, WAYS } from './faults/enumerate.js';
import { SCENARIOS } from './faults/scenarios.js';

/** In the usual run one of so many failures is tried. */
const STEP = 10;

const CASES = (['legacy', 'modern'] as const).flatMap((kind) =>
  SCENARIOS.filter((scenario) => (scenario.kind ?? kind) === kind).map((scenario) => ({ kind, scenario })),
);

const follow = followCampaign('triggers, with every failure of their effects', CASES.length);

let combinations = 0;
let effects = 0;

beforeAll(() => Logger.overrideLogger(false));

describe('every effect of every trigger, failed in every way', () => {
  it.each(CASES)('$kind: $scenario.name', async (each) => {
    const { kind, scenario } = each;
    follow(CASES.indexOf(each));
    const names = await effectsOf(scenario, kind);
    effects += names.length;
    const wrong: unknown[] = [];
    for (const recovery of RECOVERIES) {
      const right = await play(scenario, kind, recovery);
      if (right.violations.length > 0) wrong.push(right);
      const failures = names.flatMap((name, index) =>
        WAYS.filter(({ only }) => only?.includes(name) ?? true).map((way) => ({ name, index, way })),
      );
      for (const { name, index, way } of pickShare(failures, STEP)) {
        const what = `${name} (effect ${index}) ${way.name}, recovery by ${recovery}`;
        const { violations, story } = await play(scenario, kind, recovery, { index, way });
        combinations++;
        if (violations.length > 0 || story !== right.story) wrong.push({ what, violations, story });
      }
      if (wrong.length > 0) wrong.push({ right });
    }
    expect(wrong).toEqual([]);
  });
});

afterAll(() => {
  console.log(
    `fault enumeration: ${CASES.length} triggers, ${effects} effects, ${combinations} combinations`,
  );
});

describe('the enumeration', () => {
  it('is as large as it should be', () => {
    expect(combinations).toBeGreaterThan(isFull ? 2000 : 2000 / STEP);
  });
});
