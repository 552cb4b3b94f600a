import { Refused, Unavailable, type Telemetry } from '@bbb/rules';
import { ForeignAnswer, NotReached, type Question, readAnswer, SYSTEM, toNotReached } from './answers.js';
import { type ApiCall, routeOf } from './api-reference.js';
import { Budget, retry, type AttemptLimits } from './attempts.js';
import { ClockOffset } from './clock-offset.js';
import { authorization, type Credentials } from './hawk.js';
import { baseUrl, type HttpAnswer, HttpConnections, type HttpMessage } from '@bbb/http';
import type { TaskclusterOptions } from '../options.js';

/** The terms of a call: remaining time, credentials and retries. */
export interface CallTerms {
  budget: Budget;
  /** Default: the bridge's own. */
  credentials?: Credentials | undefined;
  /** Maximum retries; default: the setting. */
  retries?: number;
}

/** The setting to check when Taskcluster does not answer, or another system does. */
const ROOT_URL = 'taskcluster_queue_config.rootUrl';

const JSON_TYPE = { 'content-type': 'application/json' };

/**
 * HTTP calls to Taskcluster: signatures, kept connections, timeouts, retries, and errors translated. It does not
 * interpret the replies.
 *
 * Routes and parameters are those of Taskcluster's own client; its transport is not used, see decision record 13.
 */
export class TaskclusterCalls {
  readonly limits: AttemptLimits;
  private readonly connections: HttpConnections;
  private readonly rootUrl: string;
  private lastFailure: string | undefined;
  readonly clockOffset = new ClockOffset();

  constructor(
    private readonly options: TaskclusterOptions,
    private readonly telemetry?: Telemetry,
  ) {
    this.limits = { timeout: options.timeout * 1000, retries: options.retries };
    this.connections = new HttpConnections(options.maxConnections);
    this.rootUrl = baseUrl(options.rootUrl);
  }

  /** Starts the time budget of one call of the port. */
  budget(): Budget {
    return new Budget(this.options.callDeadline ?? 20);
  }

  /**
   * Calls a method of an API.
   *
   * @returns the JSON of its reply; undefined where the method has none
   * @throws Refused, Unavailable
   */
  async call(call: ApiCall, { budget, credentials = this.options, retries }: CallTerms): Promise<unknown> {
    const { verb, path } = routeOf(call);
    const url = new URL(this.rootUrl + path);
    const body = call.payload === undefined ? undefined : Buffer.from(JSON.stringify(call.payload));
    const limits = { ...this.limits, retries: retries ?? this.limits.retries };
    return retry(budget, limits, async (timeout, within) => {
      const headers = { ...(body ? JSON_TYPE : {}), authorization: this.sign(verb, url, credentials) };
      return this.measure(SYSTEM, call.method, async () => {
        const sent = Date.now();
        const answer = await this.connections
          .exchange({ verb, url, headers, body }, timeout, within)
          .catch((error: unknown) => {
            throw toNotReached(SYSTEM, call.method, error);
          });
        const reply = await readAnswer(questionOf(call), answer);
        this.clockOffset.note(answer.headers.date, (sent + Date.now()) / 2);
        return reply;
      });
    });
  }

  /** Sends a request to the signed URL of another system over the same connections. @throws Error with a `code` */
  send(system: string, message: HttpMessage, timeout: number, within: number): Promise<HttpAnswer> {
    return this.measure(system, message.verb, () => this.connections.exchange(message, timeout, within));
  }

  /** The problem of the last call, with the setting to check; undefined when Taskcluster answered it. */
  problem(): string | undefined {
    return this.lastFailure ?? this.clockOffset.problem();
  }

  /** Signs with Taskcluster's time: it refuses a signature whose time is off by 15 minutes. */
  private sign(verb: string, url: URL, credentials: Credentials): string {
    return authorization(verb, url, credentials, Date.now() / 1000 + (this.clockOffset.seconds ?? 0));
  }

  close(): void {
    this.connections.close();
  }

  private async measure<T>(system: string, op: string, work: () => Promise<T>): Promise<T> {
    const began = performance.now();
    let error: unknown;
    try {
      return await work();
    } catch (caught) {
      throw (error = caught);
    } finally {
      const code =
        error instanceof Refused ? String(error.status) : error === undefined ? 'ok' : 'unavailable';
      const seconds = (performance.now() - began) / 1000;
      this.telemetry?.count('external_calls_total', { system, op, code });
      this.telemetry?.observe('external_call_seconds', seconds, { system });
      if (system === SYSTEM) this.note(error);
    }
  }

  private note(error: unknown): void {
    const isProblem = error instanceof Unavailable || (error instanceof Refused && error.isConfiguration);
    const isElsewhere = error instanceof ForeignAnswer || error instanceof NotReached;
    const remedy = isElsewhere ? `; check ${ROOT_URL}` : '';
    this.lastFailure = isProblem ? error.message + remedy : undefined;
  }
}

/** The parameters of the API's methods begin with the task's id, if they name a task. */
function questionOf({ service, method, params }: ApiCall): Question {
  const [first] = params;
  const isOfTask = service === 'queue' && !LISTS.has(method) && typeof first === 'string';
  return { method, taskId: isOfTask ? first : undefined };
}

/** Methods whose parameter is a task queue. */
const LISTS = new Set(['listPendingTasks', 'listClaimedTasks']);
