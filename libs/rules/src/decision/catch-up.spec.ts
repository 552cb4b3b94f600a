import { describe, expect, it } from '@jest/globals';
import { FIRST, NOW, row, run, SECOND, seen, SETTINGS, STATES, status } from '../testing/observations.js';
import { catchUp } from './catch-up.js';
import { deriveFacts } from './facts.js';
import type { Observation } from './observation.js';

const changes = (observation: Observation) => catchUp(observation, deriveFacts(observation, SETTINGS, NOW));
const CLAIMED = { takenUntil: NOW + 1200, buildId: FIRST.buildId };

describe('catchUp', () => {
  it('leaves a row alone that is up to date', () => {
    expect(changes(seen(STATES.waiting, ['pending']))).toBeUndefined();
    expect(changes(seen(STATES.building, ['running'], CLAIMED))).toBeUndefined();
    expect(changes(seen(STATES.finished, ['completed'], CLAIMED))).toBeUndefined();
  });

  it('changes nothing without a row, a status or a run', () => {
    expect(changes({ status: status('pending') })).toBeUndefined();
    expect(changes({ row: row() })).toBeUndefined();
    expect(changes({ row: row({ missingSince: 1 }), status: status() })).toBeUndefined();
  });

  it('follows a new run of the same request, without the earlier claim', () => {
    expect(changes(seen(STATES.requeued, ['worker-shutdown', 'pending'], CLAIMED))).toEqual({
      runId: 1,
      buildId: null,
      takenUntil: null,
    });
  });

  it('follows several runs at once, and takes over the claim of the last', () => {
    const after = seen(
      { at: 'building', build: SECOND },
      ['claim-expired', 'worker-shutdown', 'running'],
      CLAIMED,
    );
    expect(changes(after)).toEqual({ runId: 2, buildId: SECOND.buildId, takenUntil: NOW + 1200 });
  });

  it("never follows a run of a user's rerun, and never goes back", () => {
    expect(changes(seen(STATES.building, ['canceled', 'pending'], CLAIMED))).toBeUndefined();
    expect(changes(seen(STATES.building, ['canceled', 'pending'], { ...CLAIMED, missingSince: 1 }))).toEqual({
      missingSince: null,
    });
    expect(changes(seen(STATES.building, ['running'], { ...CLAIMED, runId: 1 }))).toBeUndefined();
  });

  it('records a claim whose recording was interrupted, and its build', () => {
    expect(changes(seen(STATES.building, ['running']))).toEqual(CLAIMED);
    expect(changes(seen(STATES.finished, ['running']))).toEqual(CLAIMED);
  });

  it.each(['waiting', 'finishing', 'requeued', 'cancelled'] as const)(
    'records no build from a request that is %s',
    (at) => {
      expect(changes(seen(STATES[at], ['running']))).toEqual({ takenUntil: NOW + 1200 });
    },
  );

  it('keeps the build that a run is claimed for while a later one runs', () => {
    expect(changes(seen({ at: 'building', build: SECOND }, ['running'], CLAIMED))).toBeUndefined();
  });

  it('moves the end of a claim ahead, in whole seconds, and never back', () => {
    const held = (takenUntil: number, recorded: number) => {
      const situation = seen(STATES.building, ['running'], { ...CLAIMED, takenUntil: recorded });
      return changes({
        ...situation,
        status: { ...status('running'), runs: [{ ...run(0, 'running'), takenUntil }] },
      });
    };
    expect(held(NOW + 1800.9, NOW + 1200)).toEqual({ takenUntil: NOW + 1800 });
    expect(held(NOW + 1200.9, NOW + 1200)).toBeUndefined();
    expect(held(NOW + 900, NOW + 1200)).toBeUndefined();
  });

  it('records nothing from another worker’s claim', () => {
    expect(changes(seen(STATES.building, ['foreign']))).toBeUndefined();
  });

  it('clears an absence once both sides are known again', () => {
    expect(changes(seen(STATES.waiting, ['pending'], { missingSince: 1 }))).toEqual({ missingSince: null });
  });

  it('keeps an absence that lasts', () => {
    const missing = row({ missingSince: 1 });
    expect(changes({ row: missing, status: status('pending') })).toBeUndefined();
    expect(changes({ row: missing })).toBeUndefined();
  });

  it('changes nothing more once a row is up to date', () => {
    for (const state of Object.values(STATES)) {
      for (const sketches of [
        ['pending'],
        ['running'],
        ['worker-shutdown', 'running'],
        ['canceled', 'pending'],
      ]) {
        const before = seen(state, sketches, { missingSince: 5 });
        const after = { ...before, row: row({ missingSince: 5, ...changes(before) }) };
        expect(changes(after)).toBeUndefined();
      }
    }
  });
});
