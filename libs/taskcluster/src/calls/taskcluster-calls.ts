import { Refused, Unavailable, type Telemetry } from '@bbb/rules';
import {
  ForeignAnswer,
  NotReached,
  type Question,
  readAnswer,
  SYSTEM,
  TooLarge,
  toNotReached,
} from './answers.js';
import { type ApiCall, findRoute } from './api-reference.js';
import { Budget, retry, type AttemptLimits } from './attempts.js';
import { ClockOffset } from './clock-offset.js';
import { createAuthorization, type Credentials } from './hawk.js';
import { LargeAnswers } from './large-answers.js';
import { toBaseUrl, type HttpAnswer, HttpConnections, type HttpMessage } from '@bbb/http';
import { JsonBody } from '../large-json/json-body.js';
import { type KeptSizes, STATUS_SIZES } from '../large-json/read-large-json.js';
import type { TaskclusterOptions } from '../options.js';

/** The terms of a call: remaining time, credentials and retries. */
export interface CallTerms {
  budget: Budget;
  /** Default: the bridge's own. */
  credentials?: Credentials | undefined;
  /** Maximum retries; default: the setting. */
  retries?: number;
  /** Whether the scope for the call is optional: its absence is then neither a problem nor counted as 403. */
  isOptional?: boolean;
  /** How large the answer may be; default: see {@link HttpMessage} and {@link DEFAULT_SIZES}. */
  size?: AnswerSize | undefined;
}

/** Sizes in bytes. */
export interface AnswerSize {
  /** Maximum of the answer as it is sent. */
  sent?: number;
  /** What is kept of it. */
  kept?: KeptSizes;
}

/** The setting to check when Taskcluster does not answer, or another system does. */
const ROOT_URL = 'taskcluster_queue_config.rootUrl';

/** Methods whose answer contains a task's definition. They can be repeated. */
const WITH_DEFINITION = new Set(['task', 'claimTask']);

/** Bytes of an answer that is not yet large: usual definitions have a few KiB. */
const USUAL_DEFINITION = 256 * 1024;

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
  private readonly largeAnswers = new LargeAnswers();

  constructor(
    private readonly options: TaskclusterOptions,
    private readonly telemetry?: Telemetry,
  ) {
    this.limits = { timeout: options.timeout * 1000, retries: options.retries };
    this.connections = new HttpConnections(options.maxConnections);
    this.rootUrl = toBaseUrl(options.rootUrl);
  }

  /** Starts the time budget of one call of the port. */
  createBudget(): Budget {
    return new Budget(this.options.callDeadline ?? 20);
  }

  /**
   * Calls a method of an API. An answer with a task's definition, which may have many megabytes, is given up when it is
   * large, and asked for again when few others are being read, so that it holds up no other task.
   *
   * @returns the JSON of its reply; undefined where the method has none
   * @throws Refused, Unavailable; TooLarge when it exceeds `terms.size`
   */
  async call(call: ApiCall, terms: CallTerms): Promise<unknown> {
    if (!WITH_DEFINITION.has(call.method)) return this.callOnce(call, terms);
    try {
      return await this.callOnce(call, { ...terms, size: { sent: USUAL_DEFINITION } });
    } catch (error) {
      if (!(error instanceof TooLarge)) throw error;
      return this.largeAnswers.run(() => this.callOnce(call, { ...terms, size: { sent: Infinity } }));
    }
  }

  private async callOnce(
    call: ApiCall,
    { budget, credentials = this.options, retries, isOptional, size }: CallTerms,
  ): Promise<unknown> {
    const { verb, path } = findRoute(call);
    const url = new URL(this.rootUrl + path);
    const body = call.payload === undefined ? undefined : Buffer.from(JSON.stringify(call.payload));
    const limits = { ...this.limits, retries: retries ?? this.limits.retries };
    return retry(budget, limits, async (timeout, within) => {
      const headers = { ...(body ? JSON_TYPE : {}), authorization: this.sign(verb, url, credentials) };
      const op = { system: SYSTEM, op: call.method, isOptional };
      return this.measure(op, async () => {
        const sent = Date.now();
        const reply = new JsonBody(size?.kept ?? (call.method === 'statuses' ? STATUS_SIZES : undefined));
        const onPart = (part: Buffer) => reply.push(part);
        const answer = await this.connections
          .exchange({ verb, url, headers, body, maxBytes: size?.sent, onPart }, timeout, within)
          .catch((error: unknown) => {
            throw toNotReached(SYSTEM, call.method, error);
          });
        const value = readAnswer(findQuestion(call), answer, reply);
        this.clockOffset.note(answer.headers.date, (sent + Date.now()) / 2);
        return value;
      });
    });
  }

  /** Sends a request to the signed URL of another system over the same connections. @throws Error with a `code` */
  send(system: string, message: HttpMessage, timeout: number, within: number): Promise<HttpAnswer> {
    return this.measure({ system, op: message.verb }, () =>
      this.connections.exchange(message, timeout, within),
    );
  }

  /** The problem of the last call, with the setting to check; undefined when Taskcluster answered it. */
  findProblem(): string | undefined {
    return this.lastFailure ?? this.clockOffset.findProblem();
  }

  /** Signs with Taskcluster's time: it refuses a signature whose time is off by 15 minutes. */
  private sign(verb: string, url: URL, credentials: Credentials): string {
    return createAuthorization(verb, url, credentials, Date.now() / 1000 + (this.clockOffset.seconds ?? 0));
  }

  close(): void {
    this.connections.close();
  }

  private async measure<T>({ system, op, isOptional }: Measured, work: () => Promise<T>): Promise<T> {
    const began = performance.now();
    let error: unknown;
    try {
      return await work();
    } catch (caught) {
      throw (error = caught);
    } finally {
      const isAllowed = !(isOptional && error instanceof Refused && error.status === 403);
      const code = isAllowed ? codeOf(error) : 'not-granted';
      const seconds = (performance.now() - began) / 1000;
      this.telemetry?.count('external_calls_total', { system, op, code });
      this.telemetry?.observe('external_call_seconds', seconds, { system });
      if (system === SYSTEM && isAllowed) this.note(error);
    }
  }

  /** An answer that is too large says nothing about Taskcluster, which has begun to send it. */
  private note(error: unknown): void {
    if (error instanceof TooLarge) return;
    const isProblem = error instanceof Unavailable || (error instanceof Refused && error.isConfiguration);
    const isElsewhere = error instanceof ForeignAnswer || error instanceof NotReached;
    const remedy = isElsewhere ? `; check ${ROOT_URL}` : '';
    this.lastFailure = isProblem ? error.message + remedy : undefined;
  }
}

/** A call as it is measured. */
interface Measured {
  system: string;
  op: string;
  isOptional?: boolean | undefined;
}

/** The result code of a call in the metrics. */
function codeOf(error: unknown): string {
  if (error === undefined) return 'ok';
  if (error instanceof Refused) return String(error.status);
  return error instanceof TooLarge ? 'too-large' : 'unavailable';
}

/** The parameters of the API's methods begin with the task's id, if they name a task. */
function findQuestion({ service, method, params }: ApiCall): Question {
  const [first] = params;
  const isOfTask = service === 'queue' && !LISTS.has(method) && typeof first === 'string';
  return { method, taskId: isOfTask ? first : undefined };
}

/** Methods whose parameter is a task queue. */
const LISTS = new Set(['listPendingTasks', 'listClaimedTasks', 'getTaskQueue']);
