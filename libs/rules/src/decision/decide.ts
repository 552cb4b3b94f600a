import type { Facts } from './facts.js';

/**
 * What to do about a task now. Each verdict has one executor.
 * ignore         - not the bridge's to act on
 * wait           - all is as it should be for now
 * create-request - create the build request
 * adopt          - track a claimed run of ours that no row knows: the bridge's database was lost
 * withdraw       - give up an order that may be under way
 * reject         - a claimed run without a request: finish the rejection of its payload
 * claim          - claim the pending run: its build runs, or has ended
 * reclaim        - extend the claim
 * retry          - end the run as worker-shutdown: Buildbot gave its build up, and a new run follows
 * rerun          - make a new run of a task whose worker was lost and whose retries are used up
 * resolve        - attach the artifacts and report the result
 * abandon        - report that the build request is missing from Buildbot for good
 * recreate-request - forget the vanished or dropped request of a pending run, and create another
 * cancel-task    - cancel the task: it was cancelled in Buildbot
 * cancel-request - cancel in Buildbot: the task is dead
 * note-missing   - remember since when one side has been missing
 * forget         - both sides are at their end: delete the row
 */
export const VERDICTS = [
  'ignore',
  'wait',
  'create-request',
  'adopt',
  'withdraw',
  'reject',
  'claim',
  'reclaim',
  'retry',
  'rerun',
  'resolve',
  'abandon',
  'recreate-request',
  'cancel-task',
  'cancel-request',
  'note-missing',
  'forget',
] as const;
export type Verdict = (typeof VERDICTS)[number];

/** The heart of the bridge: what the state of both sides asks for. Pure and total. */
export function decide(facts: Facts): Verdict {
  if (facts.absenceDoubted && isAbsent(facts)) return keepLiveClaim(facts);
  switch (facts.request) {
    case 'untracked':
      if (facts.run === 'running') return 'adopt';
      return facts.run === 'pending' && !facts.deadlinePassed ? 'create-request' : 'ignore';
    case 'creating':
      return decideCreating(facts);
    case 'unavailable':
      return keepLiveClaim(facts);
    default:
      return facts.superseded ? decideOutlived(facts) : decideRequested(facts);
  }
}

function decideCreating(facts: Facts): Verdict {
  if (facts.superseded) return 'withdraw';
  switch (facts.run) {
    case 'pending':
      return facts.deadlinePassed ? 'wait' : 'create-request';
    case 'running':
      return 'reject';
    case 'foreign':
      return 'wait';
    case 'absent':
    case 'unscheduled':
    case 'lost':
    case 'ended':
      return 'withdraw';
  }
}

function decideRequested(facts: Facts): Verdict {
  switch (facts.run) {
    case 'pending':
      return decidePending(facts);
    case 'running':
      return decideRunning(facts);
    case 'foreign':
      return 'wait';
    case 'lost':
      return decideLost(facts);
    case 'absent':
      return facts.missingSettled ? decideOutlived(facts) : 'note-missing';
    case 'unscheduled':
    case 'ended':
      return decideOutlived(facts);
  }
}

function decidePending(facts: Facts): Verdict {
  switch (facts.request) {
    case 'building':
    case 'rebuilding':
    case 'finished':
      return facts.deadlinePassed ? 'wait' : 'claim';
    case 'cancelled':
      return facts.deadlinePassed ? 'wait' : 'cancel-task';
    case 'dropped':
      return facts.deadlinePassed ? 'wait' : 'recreate-request';
    case 'gone':
      return facts.missingSettled ? 'recreate-request' : 'note-missing';
    default:
      return 'wait';
  }
}

function decideRunning(facts: Facts): Verdict {
  switch (facts.request) {
    case 'rebuilding':
    case 'requeued':
    case 'dropped':
    case 'stuck':
      return 'retry';
    case 'finished':
      return facts.reportDue ? 'resolve' : keepClaim(facts);
    case 'cancelled':
      return facts.deadlinePassed ? 'wait' : 'cancel-task';
    case 'gone':
      return facts.missingSettled
        ? 'abandon'
        : facts.claimDue && !facts.deadlinePassed
          ? 'reclaim'
          : 'note-missing';
    default:
      return keepClaim(facts);
  }
}

/** One side does not know the task or the request. */
function isAbsent({ run, request }: Facts): boolean {
  return request === 'gone' || (run === 'absent' && request !== 'untracked');
}

function keepLiveClaim(facts: Facts): Verdict {
  return facts.run === 'running' && !facts.superseded ? keepClaim(facts) : 'wait';
}

function keepClaim(facts: Facts): Verdict {
  return facts.claimDue && !facts.deadlinePassed ? 'reclaim' : 'wait';
}

function decideLost(facts: Facts): Verdict {
  const canRerun = facts.runsLeft && !facts.deadlinePassed;
  switch (facts.request) {
    case 'cancelled':
    case 'gone':
      return 'forget';
    case 'finished':
    case 'dropped':
      return canRerun ? 'rerun' : 'forget';
    default:
      return canRerun ? 'rerun' : decideOutlived(facts);
  }
}

/** The request serves nobody any more: the task is dead, or has a superseded that waits for this one's end. */
function decideOutlived(facts: Facts): Verdict {
  switch (facts.request) {
    case 'finished':
    case 'dropped':
    case 'cancelled':
    case 'gone':
      return 'forget';
    case 'finishing':
      // Nothing runs that could be stopped; a moment later it is complete or requeued.
      return 'wait';
    case 'building':
    case 'rebuilding':
      // The build goes on for the others; this request ends with it.
      return facts.shared ? 'wait' : 'cancel-request';
    default:
      return 'cancel-request';
  }
}
