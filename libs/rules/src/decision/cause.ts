import type { Verdict } from './decide.js';
import type { Facts } from './facts.js';
import type { Observation } from './observation.js';
import { findLatestRun } from './runs.js';

/** Why a verdict was reached, in words for an operator, with the facts behind it as fields of a log line. */
export interface Cause {
  verdict: Verdict;
  cause: string;
  /** The first two facts of the decision table. */
  run: Facts['run'];
  request: Facts['request'];
  /** Taskcluster's reason for the end of the latest run. */
  reasonResolved?: string;
  /** Seconds since one side was first seen missing. */
  missingFor?: number;
}

/** How the end of a run is described; for other reasons Taskcluster's own word is used. */
const ENDS: Readonly<Record<string, string>> = {
  canceled: 'the task was cancelled in Taskcluster',
  'deadline-exceeded': 'the task passed its deadline',
};

/**
 * Explains a verdict. Pure.
 *
 * @param now epoch seconds
 */
export function explainCause(verdict: Verdict, facts: Facts, seen: Observation, now: number): Cause {
  const reasonResolved = seen.status && findLatestRun(seen.status)?.reasonResolved;
  const missingSince = seen.row?.missingSince ?? null;
  return {
    verdict,
    cause: describe(verdict, facts, reasonResolved),
    run: facts.run,
    request: facts.request,
    ...(reasonResolved === undefined ? {} : { reasonResolved }),
    ...(missingSince === null ? {} : { missingFor: Math.round(now - missingSince) }),
  };
}

function describe(verdict: Verdict, facts: Facts, reasonResolved: string | undefined): string {
  switch (verdict) {
    case 'cancel-request':
    case 'withdraw':
    case 'forget':
      return facts.superseded ? 'a user reran the task' : describeEnd(facts, reasonResolved);
    case 'retry':
    case 'cancel-task':
    case 'abandon':
    case 'recreate-request':
    case 'resolve':
      return describeRequest(facts);
    case 'note-missing':
      return facts.run === 'absent' ? describeEnd(facts, reasonResolved) : describeRequest(facts);
    case 'rerun':
      return `the run was lost (${reasonResolved}) and no retries are left`;
    case 'adopt':
      return 'the run is claimed but the bridge has no row for it';
    case 'reject':
      return 'the run is claimed but has no build request';
    case 'create-request':
    case 'claim':
    case 'reclaim':
    case 'ignore':
    case 'wait':
      return `the run is ${facts.run}, the build request is ${facts.request}`;
  }
}

function describeEnd({ run }: Facts, reasonResolved: string | undefined): string {
  switch (run) {
    case 'absent':
      return 'the task is missing from Taskcluster';
    case 'unscheduled':
      return 'the task is no longer scheduled';
    case 'lost':
      return `the run was lost (${reasonResolved}) and cannot be rerun`;
    default:
      return ENDS[reasonResolved ?? ''] ?? `the run ended as ${reasonResolved ?? run}`;
  }
}

function describeRequest({ request }: Facts): string {
  switch (request) {
    case 'gone':
      return 'the build request is missing from Buildbot';
    case 'cancelled':
      return 'the build request was cancelled in Buildbot';
    case 'dropped':
      return 'Buildbot dropped the build request before a build of it finished';
    case 'stuck':
      return 'the build ended but its master did not complete the request';
    case 'rebuilding':
    case 'requeued':
      return 'Buildbot abandoned the build and builds the request again (RETRY)';
    case 'finished':
      return 'the build ended';
    default:
      return `the build request is ${request}`;
  }
}
