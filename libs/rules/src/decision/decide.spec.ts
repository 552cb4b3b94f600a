import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { decide, VERDICTS, type Verdict } from './decide.js';
import type { Facts } from './facts.js';
import { renderDecisionTable, generateFacts } from './table.js';

const PAGE = new URL('../../../../docs/decision-table.md', import.meta.url);
const OPEN = ['waiting', 'building', 'rebuilding', 'finishing', 'stuck', 'requeued'];
const COMPLETE = ['dropped', 'cancelled', 'finished', 'gone'];
const LIVE = ['pending', 'running', 'foreign'];

/** What must hold whenever a verdict is given: said apart from the function, over its whole input space. */
const ONLY_IF: Partial<Record<Verdict, (facts: Facts) => boolean>> = {
  'create-request': ({ run, request, deadlinePassed }) =>
    run === 'pending' && !deadlinePassed && ['untracked', 'creating'].includes(request),
  adopt: ({ run, request }) => run === 'running' && request === 'untracked',
  withdraw: ({ run, request, superseded, missingSettled }) =>
    request === 'creating' && (superseded || !LIVE.includes(run)) && (run !== 'absent' || missingSettled),
  reject: ({ run, request }) => run === 'running' && request === 'creating',
  claim: ({ run, request, deadlinePassed, superseded }) =>
    run === 'pending' &&
    !superseded &&
    !deadlinePassed &&
    ['building', 'rebuilding', 'finished'].includes(request),
  reclaim: ({ run, claimDue, deadlinePassed, superseded }) =>
    run === 'running' && claimDue && !deadlinePassed && !superseded,
  retry: ({ run, request, superseded }) =>
    run === 'running' && !superseded && ['rebuilding', 'requeued', 'dropped', 'stuck'].includes(request),
  rerun: ({ run, runsLeft, deadlinePassed, superseded }) =>
    run === 'lost' && runsLeft && !deadlinePassed && !superseded,
  resolve: ({ run, request, reportDue, superseded }) =>
    run === 'running' && request === 'finished' && reportDue && !superseded,
  abandon: ({ run, request, missingSettled }) => run === 'running' && request === 'gone' && missingSettled,
  'recreate-request': ({ run, request, missingSettled, deadlinePassed, superseded }) =>
    run === 'pending' &&
    !superseded &&
    ((request === 'gone' && missingSettled) || (request === 'dropped' && !deadlinePassed)),
  'cancel-task': ({ run, request, deadlinePassed, superseded }) =>
    ['pending', 'running'].includes(run) && request === 'cancelled' && !deadlinePassed && !superseded,
  'cancel-request': ({ run, request, superseded, shared }) =>
    OPEN.includes(request) &&
    (superseded || !LIVE.includes(run)) &&
    !(shared && ['building', 'rebuilding'].includes(request)),
  'note-missing': ({ run, request, missingSettled }) =>
    !missingSettled && (request === 'gone' || run === 'absent'),
  forget: ({ run, request, superseded, missingSettled }) =>
    COMPLETE.includes(request) &&
    (superseded || !LIVE.includes(run)) &&
    (missingSettled || (run !== 'absent' && request !== 'gone')),
};

describe('decide', () => {
  const space = [...generateFacts()];

  it('decides every combination of facts, and uses every verdict', () => {
    expect(space).toHaveLength(13 * 7 * 2 ** 8);
    expect([...new Set(space.map(decide))].sort()).toEqual([...VERDICTS].sort());
  });

  it.each(Object.keys(ONLY_IF) as Verdict[])('decides %s only where it is allowed', (verdict) => {
    const wrong = space.filter((facts) => decide(facts) === verdict && !ONLY_IF[verdict]?.(facts));
    expect(wrong).toEqual([]);
  });

  it('always stops the build of a task that has ended, unless it serves other tasks', () => {
    const dead = space.filter(
      ({ run, request, shared }) =>
        run === 'ended' && OPEN.includes(request) && request !== 'finishing' && !shared,
    );
    expect(new Set(dead.map(decide))).toEqual(new Set(['cancel-request']));
  });

  it('always resolves the running run of a finished build once its report is due', () => {
    const finished = space.filter(
      ({ run, request, reportDue, superseded }) =>
        run === 'running' && request === 'finished' && reportDue && !superseded,
    );
    expect(new Set(finished.map(decide))).toEqual(new Set(['resolve']));
  });

  it('never lets a claim expire while its build runs', () => {
    const due = space.filter(
      ({ run, request, claimDue, deadlinePassed, superseded }) =>
        run === 'running' &&
        ['waiting', 'building', 'finishing', 'unavailable'].includes(request) &&
        claimDue &&
        !deadlinePassed &&
        !superseded,
    );
    expect(new Set(due.map(decide))).toEqual(new Set(['reclaim']));
  });

  it('never treats a dropped request as a result or a cancellation, and never forgets a stuck one', () => {
    const listVerdicts = (request: string) =>
      new Set(space.filter((facts) => facts.request === request).map(decide));
    for (const verdict of ['resolve', 'claim', 'cancel-task', 'cancel-request'] as const)
      expect(listVerdicts('dropped')).not.toContain(verdict);
    for (const verdict of ['forget', 'resolve', 'claim', 'cancel-task', 'reclaim'] as const)
      expect(listVerdicts('stuck')).not.toContain(verdict);
  });

  it('concludes nothing from an absence that is doubted, and creates nothing, but keeps claims', () => {
    const doubted = space.filter(
      ({ run, request, absenceDoubted }) =>
        absenceDoubted &&
        (['gone', 'creating'].includes(request) ||
          (run === 'absent' && request !== 'untracked') ||
          (run === 'pending' && request === 'untracked')),
    );
    expect(new Set(doubted.map(decide))).toEqual(new Set(['wait', 'reclaim', 'ignore']));
    const claimed = doubted.filter(
      ({ run, claimDue, deadlinePassed, superseded }) =>
        run === 'running' && claimDue && !deadlinePassed && !superseded,
    );
    expect(new Set(claimed.map(decide))).toEqual(new Set(['reclaim']));
  });

  it('decides as ever what does not rest on an absence', () => {
    const known = space.filter(
      ({ run, request }) => run !== 'absent' && !['untracked', 'creating', 'gone'].includes(request),
    );
    for (const facts of known)
      expect(decide({ ...facts, absenceDoubted: true })).toBe(decide({ ...facts, absenceDoubted: false }));
  });

  it('matches the page in docs', () => {
    const page = readFileSync(PAGE, 'utf8');
    const fresh = page.replace(
      /<!-- table -->[\s\S]*<!-- \/table -->/,
      `<!-- table -->\n\n${renderDecisionTable()}\n\n<!-- /table -->`,
    );
    if (process.env.BBB_UPDATE_DOCS) writeFileSync(PAGE, fresh);
    expect(readFileSync(PAGE, 'utf8')).toBe(fresh);
  });
});
