import { Logger } from '@nestjs/common';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Campaign, campaign, explain, report, shareOf, total } from './campaign.js';

const HISTORIES = 10_000;
const SEED = 1;

let done: Campaign;

beforeAll(async () => {
  Logger.overrideLogger(false);
  done = await campaign(SEED, HISTORIES);
}, 300_000);

describe('any history', () => {
  it('keeps every rule, and ends in time once everything works again', async () => {
    if (done.failure) throw new Error(await explain(done.failure));
    console.log(`model: ${report(done)}`);
    expect(done.histories).toBe(HISTORIES);
  });

  // A model in which little happens proves little.
  it.each([
    ['completed', ['completed']],
    ['failed', ['failed']],
    ['canceled', ['canceled']],
    [
      'exception',
      ['malformed-payload', 'internal-error', 'deadline-exceeded', 'claim-expired', 'worker-shutdown'],
    ],
  ])('ends as %s often enough', (_name, ends) => {
    expect(shareOf(done.ends, ...ends)).toBeGreaterThan(0.01);
  });

  it('meets every kind of fault', () => {
    const kinds = ['kill before effect', 'kill after effect', 'pause', 'error', 'conflict', 'hang'];
    const others = [
      'lost',
      'doubled',
      'deleted',
      'master killed',
      'instance killed',
      'skewed',
      'database lost',
    ];
    const outages = ['bridge-db away', 'taskcluster away', 'scheduler-db away', 'self-serve away'];
    for (const kind of [...kinds, ...others, ...outages]) {
      const times = [...done.faults].filter(([name]) => name.includes(kind)).map(([, count]) => count);
      expect({ kind, often: times.reduce((sum, count) => sum + count, 0) > 100 }).toEqual({
        kind,
        often: true,
      });
    }
    expect(total(done.faults)).toBeGreaterThan(HISTORIES);
  });
});
