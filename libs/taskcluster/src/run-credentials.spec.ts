import { describe, expect, it } from '@jest/globals';
import { RunCredentials } from './run-credentials.js';

const run = (runId: number) => ({ taskId: 'x', runId });
const credentials = (clientId: string) => ({ clientId, accessToken: 'a', certificate: 'c' });

describe('RunCredentials', () => {
  it('keeps the latest of a run, and forgets it', () => {
    const kept = new RunCredentials();
    kept.keep(run(0), credentials('old'));
    kept.keep(run(0), credentials('new'));
    expect(kept.get(run(0))?.clientId).toBe('new');
    expect(kept.get(run(1))).toBeUndefined();
    kept.forget(run(0));
    expect(kept.get(run(0))).toBeUndefined();
    expect(kept.size).toBe(0);
  });

  it('gives up those not used for the longest time when there are too many', () => {
    const kept = new RunCredentials(2);
    kept.keep(run(0), credentials('zero'));
    kept.keep(run(1), credentials('one'));
    kept.get(run(0));
    kept.keep(run(2), credentials('two'));
    expect([0, 1, 2].map((runId) => kept.get(run(runId))?.clientId)).toEqual(['zero', undefined, 'two']);
  });
});
