// An ambient file is invisible to the build of a single app unless it is named.
// eslint-disable-next-line @typescript-eslint/triple-slash-reference
/// <reference path="./taskcluster-client.d.ts" />
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { Refused, Unavailable, type Telemetry } from '@bbb/bridge';
import taskcluster, { type Credentials, type ObjectClient, type Queue } from 'taskcluster-client';
import { SYSTEM, translated, unusable } from './answers.js';
import { attempted, Budget, type AttemptLimits } from './attempts.js';
import type { TaskclusterOptions } from './options.js';

export type { Credentials };

/** One HTTP call to make: for the log and metrics its method's name, the time left, and as whom. */
export interface CallTerms {
  budget: Budget;
  /** Default: our own. */
  credentials?: Credentials | undefined;
}

/**
 * HTTP calls to Taskcluster through its own client: connections, timeouts, retries, and errors translated. What the
 * replies mean is not its business.
 *
 * All clients share one pair of keep-alive agents, also those for the credentials of single runs. The client's own
 * `agent` option would make new pools for each of them, and leak their connections.
 */
export class TaskclusterCalls {
  readonly limits: AttemptLimits;
  private readonly agents: { http: HttpAgent; https: HttpsAgent };
  private lastFailure: string | undefined;

  constructor(
    private readonly options: TaskclusterOptions,
    private readonly telemetry?: Telemetry,
  ) {
    this.limits = { timeout: options.timeout * 1000, retries: options.retries };
    const agent = {
      keepAlive: true,
      maxSockets: options.maxConnections,
      maxTotalSockets: options.maxConnections,
    };
    this.agents = { http: new HttpAgent(agent), https: new HttpsAgent(agent) };
  }

  /** The time for one call of the port. */
  budget(): Budget {
    return new Budget(this.options.callDeadline ?? 20);
  }

  /**
   * Calls a method of the queue.
   *
   * @throws Refused, Unavailable
   */
  queue(method: string, terms: CallTerms, call: (queue: Queue) => Promise<unknown>): Promise<unknown> {
    return this.calling(method, terms, (timeout) => call(this.client(taskcluster.Queue, terms, timeout)));
  }

  /** Calls a method of the object service, as {@link queue} does. */
  object(
    method: string,
    terms: CallTerms,
    call: (object: ObjectClient) => Promise<unknown>,
  ): Promise<unknown> {
    return this.calling(method, terms, (timeout) => call(this.client(taskcluster.Object, terms, timeout)));
  }

  /** What was wrong with the last call, unless it was answered: undefined when all is well. */
  problem(): string | undefined {
    return this.lastFailure;
  }

  close(): void {
    this.agents.http.destroy();
    this.agents.https.destroy();
  }

  private async calling(
    method: string,
    terms: CallTerms,
    call: (timeout: number) => Promise<unknown>,
  ): Promise<unknown> {
    return attempted(terms.budget, this.limits, async (timeout) => {
      const began = performance.now();
      try {
        const reply = await call(timeout);
        // The client resolves to nothing on a redirect, and on a page instead of JSON. Only a 204 has no content.
        if (reply === undefined && method !== 'finishArtifact') throw unusable(method);
        this.note(method, began, undefined);
        return reply;
      } catch (caught) {
        const error = translated(method, caught);
        this.note(method, began, error);
        throw error;
      }
    });
  }

  private client<T>(
    Client: new (options: ConstructorParameters<typeof Queue>[0]) => T,
    terms: CallTerms,
    timeout: number,
  ): T {
    const { rootUrl, clientId, accessToken, certificate } = this.options;
    const own = { clientId, accessToken, ...(certificate === undefined ? {} : { certificate }) };
    const options = { rootUrl, credentials: terms.credentials ?? own, timeout, retries: 0 };

    // A client takes the package's default agents as they are at this moment.
    const before = { ...taskcluster.agents };
    Object.assign(taskcluster.agents, this.agents);
    try {
      return new Client(options);
    } finally {
      Object.assign(taskcluster.agents, before);
    }
  }

  private note(method: string, began: number, error: unknown): void {
    const code = error instanceof Refused ? String(error.status) : error === undefined ? 'ok' : 'unavailable';
    this.telemetry?.count('bbb_external_calls_total', { system: SYSTEM, op: method, code });
    this.telemetry?.observe('bbb_external_call_seconds', (performance.now() - began) / 1000, {
      system: SYSTEM,
    });
    const isProblem = error instanceof Unavailable || (error instanceof Refused && error.isConfiguration);
    this.lastFailure = isProblem ? error.message : undefined;
  }
}
