import { describe, expect, it } from '@jest/globals';
import { Grants } from './grants.js';

const run = (runId: number) => ({ taskId: 'x', runId });
const grant = (clientId: string) => ({ credentials: { clientId, accessToken: 'a', certificate: 'c' } });

describe('Grants', () => {
  it('keeps the latest of a run, and forgets it', () => {
    const kept = new Grants();
    kept.keep(run(0), grant('old'));
    kept.keep(run(0), grant('new'));
    expect(kept.get(run(0))?.credentials?.clientId).toBe('new');
    expect(kept.get(run(1))).toBeUndefined();
    kept.forget(run(0));
    expect(kept.get(run(0))).toBeUndefined();
    expect(kept.size).toBe(0);
  });

  it('forgets the least recently used at the maximum number', () => {
    const kept = new Grants(2);
    kept.keep(run(0), grant('zero'));
    kept.keep(run(1), grant('one'));
    kept.get(run(0));
    kept.keep(run(2), grant('two'));
    expect([0, 1, 2].map((runId) => kept.get(run(runId))?.credentials?.clientId)).toEqual([
      'zero',
      undefined,
      'two',
    ]);
  });
});
