import type { BookedRequest, BookedTask } from './ledger.js';
import { rightEnds, WHIMS, withoutRebuilds, withoutRetries } from './scenarios.js';

/**
 * lost       - a result, an order or a cancellation did not arrive on the other side
 * stuck      - something is not at rest
 * duplicated - two build requests for one request key
 * wrong      - the two sides do not fit, or not what the users did
 */
export type Wrong = 'lost' | 'stuck' | 'duplicated' | 'wrong';

export interface Finding {
  taskId: string;
  wrong: Wrong;
  why: string;
}

/** From one of the users' orders to the next: its runs and the request made for it. */
interface Order {
  firstRun: number;
  runs: BookedTask['runs'];
  lastRun: number;
  request: BookedRequest | undefined;
  isLast: boolean;
}

/** By which a run ends with the result of a build: SUCCESS, WARNINGS, FAILURE, EXCEPTION. */
const OUTCOMES: Record<number, string> = { 0: 'completed', 1: 'failed', 2: 'failed', 4: 'malformed-payload' };

/** Ends of a run that say nothing about the task: another run must have followed. */
const NO_END = ['claim-expired', 'worker-shutdown', 'intermittent-task', 'internal-error'];

/** Whether everything about one task is as it has to be, now that all is quiet. */
export function audit(task: BookedTask): Finding[] {
  const findings: Finding[] = [];
  const find = (wrong: Wrong, why: string) => findings.push({ taskId: task.taskId, wrong, why });

  if (task.scenario.name === 'ignored builder') {
    if (task.taskcluster !== 'pending' || task.requests.length > 0) find('wrong', 'the task was not ignored');
    return findings;
  }
  countRequests(task, find);
  for (const request of task.requests) {
    if (!request.complete) find('stuck', `request ${request.buildRequestId} is open`);
  }
  for (const order of ordersOf(task)) auditOrder(task, order, find);
  if (task.scenario !== WHIMS && !wasHit(task)) compareWithScenario(task, find);
  return findings;
}

type Find = (wrong: Wrong, why: string) => void;

/** Exactly one request for each of the users' orders, and none for anything else. */
function countRequests({ requests, userRuns }: BookedTask, find: Find): void {
  const seen = new Set<number | undefined>();
  for (const { buildRequestId, createdForRunId } of requests) {
    if (seen.has(createdForRunId))
      find('duplicated', `request ${buildRequestId}: run ${createdForRunId} has another request`);
    else if (createdForRunId === undefined || !userRuns.includes(createdForRunId)) {
      find('duplicated', `request ${buildRequestId}: no user asked for run ${createdForRunId}`);
    }
    seen.add(createdForRunId);
  }
}

function ordersOf({ runs, userRuns, requests }: BookedTask): Order[] {
  return userRuns.map((firstRun, index) => {
    const next = userRuns[index + 1] ?? runs.length;
    return {
      firstRun,
      runs: runs.slice(firstRun, next),
      lastRun: next - 1,
      request: requests.find(({ createdForRunId }) => createdForRunId === firstRun),
      isLast: index === userRuns.length - 1,
    };
  });
}

function auditOrder(task: BookedTask, order: Order, find: Find): void {
  const { request, runs, lastRun } = order;
  const end = runs.at(-1);
  const outcome = end && (end.state === 'exception' ? end.reasonResolved! : end.state);
  if (outcome === undefined || ['pending', 'running', 'unscheduled'].includes(outcome)) {
    find('stuck', `run ${lastRun} is ${outcome}`);
    return;
  }
  // A user's rerun may come at any time, also before the bridge had replaced such a run.
  if (NO_END.includes(outcome)) {
    if (order.isLast) find('lost', `the task ended as ${outcome}`);
    return;
  }
  const userCancelled = task.cancelledRuns.some((run) => run >= order.firstRun && run <= lastRun);
  const mayBeCancelled = isCancelledInBuildbot(task, order);
  switch (outcome) {
    case 'completed':
    case 'failed':
    case 'malformed-payload': {
      if (outcome === 'malformed-payload' && !request && task.scenario.buildbot === 'no request') return;
      const result = request && resultOf(request);
      if (result === undefined || OUTCOMES[result] !== outcome) {
        find('wrong', `run ${lastRun} is ${outcome}; the result of its request is ${result ?? 'missing'}`);
      }
      return;
    }
    case 'canceled': {
      if (userCancelled || mayBeCancelled) return;
      const result = request && resultOf(request);
      find(
        result === undefined ? 'wrong' : 'lost',
        `run ${lastRun} is canceled, and no user cancelled it; the result of its request is ${result ?? 'missing'}`,
      );
      return;
    }
    case 'deadline-exceeded':
      if (task.scenario.name !== 'deadline passed') find('lost', `run ${lastRun} passed its deadline`);
      return;
    default:
      find('wrong', `run ${lastRun} ended as ${outcome}`);
  }
}

/** Whether a user of Buildbot, or the build's own plan, may have cancelled the order's request. */
function isCancelledInBuildbot(
  { cancelledRequests, hitInsteadOfAnother, scenario }: BookedTask,
  { request }: Order,
): boolean {
  if (!request) return false;
  const byPlan = scenario.name === 'cancelled in Buildbot during the build' && request.results === 6;
  const byMistake = request.results === 6 && hitInsteadOfAnother.includes(request.buildRequestId);
  return byPlan || byMistake || cancelledRequests.includes(request.buildRequestId);
}

/** The result of a request whose newest build came to an end of its own. */
function resultOf({ complete, results, builds }: BookedRequest): number | undefined {
  if (!complete || results === null || builds.at(-1) !== true) return undefined;
  return OUTCOMES[results] === undefined ? undefined : results;
}

/** Then the task is cancelled, whatever its scenario wanted; that is right. */
function wasHit({ requests, hitInsteadOfAnother }: BookedTask): boolean {
  return requests.some(
    ({ buildRequestId, results }) => results === 6 && hitInsteadOfAnother.includes(buildRequestId),
  );
}

function compareWithScenario({ scenario, taskcluster, buildbot }: BookedTask, find: Find): void {
  const right = rightEnds(scenario);
  const [runs, requests] = [withoutRetries(taskcluster), withoutRebuilds(buildbot)];
  if (!right.taskcluster.includes(runs)) {
    find('wrong', `${scenario.name}: Taskcluster says ${runs}, not ${right.taskcluster.join(' or ')}`);
  }
  if (!right.buildbot.includes(requests)) {
    find('wrong', `${scenario.name}: Buildbot says ${requests}, not ${right.buildbot.join(' or ')}`);
  }
}
