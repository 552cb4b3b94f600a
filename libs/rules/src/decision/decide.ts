import type { Facts } from './facts.js';

/**
 * What to do about a task now. Each verdict has one executor.
 * ignore         - the bridge has nothing to do with the task
 * wait           - nothing needs to be done now
 * create-request - create the build request
 * adopt          - track a claimed run of ours that has no row: the bridge's database was lost
 * withdraw       - give up the creation of a build request that may be in progress
 * reject         - a claimed run without a request: finish the rejection of its payload
 * claim          - claim the pending run: its build runs, or has ended
 * reclaim        - extend the claim
 * retry          - end the run as worker-shutdown: Buildbot abandoned its build, and a new run follows
 * rerun          - make a new run of a task whose worker was lost and whose retries are used up
 * resolve        - attach the artifacts and report the result
 * abandon        - report that the build request is missing from Buildbot for good
 * recreate-request - replace the missing or dropped request of a pending run
 * cancel-task    - cancel the task: it was cancelled in Buildbot
 * cancel-request - cancel the request in Buildbot: its task has ended
 * note-missing   - record since when one side has been missing
 * forget         - both sides have ended: delete the row
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

/** Decides what to do about a task from the state of both sides. Pure and total. */
export function decide(facts: Facts): Verdict {
  if (facts.request === 'unavailable') return keepLiveClaim(facts);
  if (facts.absenceDoubted && concludesFromAbsence(facts)) return keepLiveClaim(facts);
  if (isMissing(facts) && !facts.missingSettled) return decideMissing(facts);
  switch (facts.request) {
    case 'untracked':
      if (facts.run === 'running') return 'adopt';
      return facts.run === 'pending' && !facts.deadlinePassed ? 'create-request' : 'ignore';
    case 'creating':
      return decideCreating(facts);
    default:
      return facts.superseded ? decideOutlived(facts) : decideRequested(facts);
  }
}

/** One side does not know the task or the request. */
function isMissing({ run, request }: Facts): boolean {
  return request === 'gone' || (run === 'absent' && request !== 'untracked');
}

/**
 * What follows rests on something that a side does not have: the task, its request, or one that is created because there
 * is none. In another database the request may exist, and in another Taskcluster the task is another bridge's.
 */
function concludesFromAbsence(facts: Facts): boolean {
  if (facts.request === 'untracked') return facts.run === 'pending' && !facts.deadlinePassed;
  return facts.request === 'creating' || isMissing(facts);
}

/** An absence is believed only when it lasts; until then the claim is kept. */
function decideMissing(facts: Facts): Verdict {
  const kept = keepLiveClaim(facts);
  return kept === 'wait' ? 'note-missing' : kept;
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
      return 'recreate-request';
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
      return 'abandon';
    default:
      return keepClaim(facts);
  }
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

/** The request is no longer needed: the task has ended, or a user's rerun of it waits for the end of this request. */
function decideOutlived(facts: Facts): Verdict {
  switch (facts.request) {
    case 'finished':
    case 'dropped':
    case 'cancelled':
    case 'gone':
      return 'forget';
    case 'finishing':
      // There is no running build to stop; the request will soon be complete or requeued.
      return 'wait';
    case 'building':
    case 'rebuilding':
      // The build goes on for the others; this request ends with it.
      return facts.shared ? 'wait' : 'cancel-request';
    default:
      return 'cancel-request';
  }
}
