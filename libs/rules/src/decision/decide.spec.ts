import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { decide, VERDICTS, type Verdict } from './decide.js';
import type { Facts } from './facts.js';
import { decisionTable, everyFacts } from './table.js';

const PAGE = new URL('../../../../docs/decision-table.md', import.meta.url);
const OPEN = ['waiting', 'building', 'rebuilding', 'finishing', 'requeued'];
const COMPLETE = ['cancelled', 'finished', 'gone'];
const LIVE = ['pending', 'running', 'foreign'];

/** What must hold whenever a verdict is given: said apart from the function, over its whole input space. */
const ONLY_IF: Partial<Record<Verdict, (facts: Facts) => boolean>> = {
  inject: ({ run, request, deadlinePassed }) =>
    run === 'pending' && !deadlinePassed && ['untracked', 'ordered'].includes(request),
  adopt: ({ run, request }) => run === 'running' && request === 'untracked',
  withdraw: ({ run, request, newerOrder }) => request === 'ordered' && (newerOrder || !LIVE.includes(run)),
  refuse: ({ run, request }) => run === 'running' && request === 'ordered',
  claim: ({ run, request, deadlinePassed, newerOrder }) =>
    run === 'pending' &&
    !newerOrder &&
    !deadlinePassed &&
    ['building', 'rebuilding', 'finished'].includes(request),
  reclaim: ({ run, claimDue, deadlinePassed, newerOrder }) =>
    run === 'running' && claimDue && !deadlinePassed && !newerOrder,
  retry: ({ run, request, newerOrder }) =>
    run === 'running' && !newerOrder && ['rebuilding', 'requeued'].includes(request),
  rerun: ({ run, runsLeft, deadlinePassed, newerOrder }) =>
    run === 'lost' && runsLeft && !deadlinePassed && !newerOrder,
  resolve: ({ run, request, reportDue, newerOrder }) =>
    run === 'running' && request === 'finished' && reportDue && !newerOrder,
  abandon: ({ run, request, missingSettled }) => run === 'running' && request === 'gone' && missingSettled,
  reorder: ({ run, request, missingSettled }) => run === 'pending' && request === 'gone' && missingSettled,
  'cancel-task': ({ run, request, deadlinePassed, newerOrder }) =>
    ['pending', 'running'].includes(run) && request === 'cancelled' && !deadlinePassed && !newerOrder,
  'cancel-request': ({ run, request, newerOrder }) =>
    OPEN.includes(request) && (newerOrder || !LIVE.includes(run)),
  'note-missing': ({ run, request, missingSettled }) =>
    !missingSettled && (request === 'gone' || run === 'absent'),
  forget: ({ run, request, newerOrder }) => COMPLETE.includes(request) && (newerOrder || !LIVE.includes(run)),
};

describe('decide', () => {
  const space = [...everyFacts()];

  it('answers every combination of facts, and uses every verdict', () => {
    expect(space).toHaveLength(11 * 7 * 2 ** 6);
    expect([...new Set(space.map(decide))].sort()).toEqual([...VERDICTS].sort());
  });

  it.each(Object.keys(ONLY_IF) as Verdict[])('says %s only where it may', (verdict) => {
    const wrong = space.filter((facts) => decide(facts) === verdict && !ONLY_IF[verdict]?.(facts));
    expect(wrong).toEqual([]);
  });

  it('never leaves a dead task’s build alone', () => {
    const dead = space.filter(
      ({ run, request }) => run === 'ended' && OPEN.includes(request) && request !== 'finishing',
    );
    expect(new Set(dead.map(decide))).toEqual(new Set(['cancel-request']));
  });

  it('never leaves a finished build’s live run alone, once its report is due', () => {
    const finished = space.filter(
      ({ run, request, reportDue, newerOrder }) =>
        run === 'running' && request === 'finished' && reportDue && !newerOrder,
    );
    expect(new Set(finished.map(decide))).toEqual(new Set(['resolve']));
  });

  it('never lets a claim run out while its build runs', () => {
    const due = space.filter(
      ({ run, request, claimDue, deadlinePassed, newerOrder }) =>
        run === 'running' &&
        ['waiting', 'building', 'finishing', 'unseen'].includes(request) &&
        claimDue &&
        !deadlinePassed &&
        !newerOrder,
    );
    expect(new Set(due.map(decide))).toEqual(new Set(['reclaim']));
  });

  it('is shown by the page in docs', () => {
    const page = readFileSync(PAGE, 'utf8');
    const fresh = page.replace(
      /<!-- table -->[\s\S]*<!-- \/table -->/,
      `<!-- table -->\n\n${decisionTable()}\n\n<!-- /table -->`,
    );
    if (process.env.BBB_UPDATE_DOCS) writeFileSync(PAGE, fresh);
    expect(readFileSync(PAGE, 'utf8')).toBe(fresh);
  });
});
