import type { Answer } from './answers.js';

/** A call as the fault hook and the log of calls see it. */
export interface RestCall {
  verb: string;
  path: string;
  query: URLSearchParams;
  body: string;
}

/**
 * What goes wrong with a call:
 * pass        - nothing
 * reset       - no effect, the connection is closed
 * lost answer - the effect, and the connection is closed
 * no body     - the effect, and an answer whose body never comes, as from Buildbot 4.2 and 4.3
 * {until}     - the effect and the answer when this has come
 * {answer}    - no effect, this answer
 */
export type RestFault =
  'pass' | 'reset' | 'lost answer' | 'no body' | { until: Promise<unknown> } | { answer: Answer };

export type RestFaultHook = (call: RestCall) => RestFault;

/** Versions of Buildbot that now and then send no body, as `major * 100 + minor`: 4.2.0 to 4.3.0. */
const LOSE_BODIES = [402, 403];

/** Every how manieth read loses its body: real ones lost one in 150 to 750. */
const LOST_BODY = 300;

/** The faults that a version of Buildbot has by itself. */
export function createVersionFaults(version: number): RestFaultHook {
  let reads = 0;
  return ({ verb }) =>
    LOSE_BODIES.includes(version) && verb === 'GET' && ++reads % LOST_BODY === 0 ? 'no body' : 'pass';
}

/** How often the master was called, by verb and path without ids, with a star for rows that are named in the query. */
export class RestCalls {
  private readonly counts = new Map<string, number>();

  note({ verb, path, query }: RestCall): void {
    const named = [...query.keys()].some((name) => name.endsWith('__in')) ? '*' : '';
    const name = `${verb} ${path.replace(/^\/api\/v2/, '').replaceAll(/\/\d+/g, '/N')}${named}`;
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  /** Calls whose verb and path match. */
  count(pattern = /^/): number {
    return [...this.counts].reduce((sum, [name, count]) => sum + (pattern.test(name) ? count : 0), 0);
  }

  all(): Record<string, number> {
    return Object.fromEntries(this.counts);
  }

  clear(): void {
    this.counts.clear();
  }
}
