import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '@bbb/rules';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiMethod, ApiRequest, ApiResponse } from './api-method.js';
import { checkParams, route } from './api-router.js';
import type { ArtifactRecord } from './artifact-book.js';
import { authenticate, authorize, type Caller } from './authentication.js';
import { CallLog, type Fault, type FaultHook } from './faults.js';
import { slugid } from './identifiers.js';
import type { Publish } from './pulse-messages.js';
import { QueueState } from './queue-state.js';
import { QueueRefusal } from './refusal.js';
import { errorReply, write, writeFault } from './replies.js';
import { exampleTask } from './example-task.js';
import type { QueueSettings } from './settings.js';
import type { TaskInput } from './task-definition.js';
import type { WireStatus } from './wire.js';

const BODY_LIMIT = 10 * 1024 * 1024;

export interface TaskclusterSimulatorOptions {
  /** 0: any free one. */
  port?: number;
  host?: string;
  clock?: Clock;
  publish?: Publish;
  settings?: Partial<QueueSettings>;
  /** Task queues that had tasks once. */
  knownTaskQueues?: readonly string[];
  /** Scopes by clientId (`anonymous` for calls without credentials). Without it every client may do everything. */
  scopes?: Record<string, readonly string[]>;
  faults?: FaultHook;
  /** Milliseconds by which every answer is late. */
  latency?: number;
  /** Milliseconds between two looks at what fell due; 0: only when {@link TaskclusterSimulator.tick} is called. */
  tickEvery?: number;
}

/**
 * Taskcluster's queue service (and what it needs of the object service and a bucket) over HTTP, in one process.
 * The rules are in {@link QueueState}; this class adds the protocol, authentication, faults and a log of calls.
 */
export class TaskclusterSimulator {
  readonly state: QueueState;
  readonly calls = new CallLog();
  /** May be replaced at any time. */
  faults: FaultHook;
  /** Milliseconds. */
  latency: number;
  /** Connections that were ever opened. */
  connections = 0;
  url = '';
  private readonly server: Server;
  private readonly held = new Set<ServerResponse>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: TaskclusterSimulatorOptions = {}) {
    const clock = options.clock ?? { now: () => Date.now() / 1000 };
    this.state = new QueueState({
      clock,
      ...(options.publish ? { publish: options.publish } : {}),
      ...(options.settings ? { settings: options.settings } : {}),
      ...(options.knownTaskQueues ? { knownTaskQueues: options.knownTaskQueues } : {}),
    });
    this.faults = options.faults ?? (() => 'pass');
    this.latency = options.latency ?? 0;
    this.server = createServer((request, response) => void this.serve(request, response));
    this.server.on('connection', () => (this.connections += 1));
  }

  async start(): Promise<this> {
    const { host = '127.0.0.1', port = 0, tickEvery = 0 } = this.options;
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject).listen(port, host, resolve);
    });
    this.url = `http://${host}:${(this.server.address() as AddressInfo).port}`;
    if (tickEvery > 0) this.timer = setInterval(() => this.tick(), tickEvery).unref();
    return this;
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    for (const response of this.held) response.destroy();
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  /** Resolves what fell due by the clock. */
  tick(): void {
    this.state.tick();
  }

  /** A user creates a task: {@link exampleTask} with these changes. Answers with its id. */
  createTask(changes: Partial<TaskInput> = {}, taskId = slugid()): string {
    this.state.createTask(taskId, { ...exampleTask(this.state.now() / 1000), ...changes });
    return taskId;
  }

  /** A user cancels a task. */
  cancel(taskId: string): WireStatus {
    return this.state.cancelTask(taskId);
  }

  /** A user reruns a task. */
  rerun(taskId: string): WireStatus {
    return this.state.rerunTask(taskId);
  }

  /** The artifacts of a run as a reader gets them: links are followed. */
  artifactsOf(taskId: string, runId: number): ArtifactRecord[] {
    return this.state.readableArtifacts(taskId, runId);
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const raw = await bodyOf(request);
      if (this.latency > 0) await sleep(this.latency);
      await this.answer(request, raw, response);
    } catch {
      // The caller went away, or sent what cannot be answered.
      response.destroy();
    }
  }

  private async answer(request: IncomingMessage, raw: Buffer, response: ServerResponse): Promise<void> {
    response.setHeader('date', new Date(this.state.now()).toUTCString());
    const { pathname, searchParams } = new URL(request.url ?? '/', this.url);
    const found = route(request.method ?? 'GET', pathname);
    if (!found) return write(response, errorReply('', new QueueRefusal('ResourceNotFound', 'Not found')));
    const { method, params } = found;

    const clientId = /\bid="([^"]+)"/.exec(request.headers.authorization ?? '')?.[1];
    const entry = this.calls.begin({
      method: method.name,
      ...(params.taskId === undefined ? {} : { taskId: params.taskId }),
      ...(params.runId === undefined ? {} : { runId: Number(params.runId) }),
      ...(params.name === undefined ? {} : { name: params.name }),
      ...(clientId === undefined ? {} : { clientId }),
    });
    response.once('finish', () => (entry.status = response.statusCode));

    const fault = this.faults(entry);
    const effect = () => this.handle(method, params, searchParams, request, raw);
    const reply = hasEffect(fault) ? effect() : undefined;
    if (fault === 'pass') return write(response, reply!);
    this.held.add(response.once('close', () => this.held.delete(response)));
    writeFault(response, method.name, fault, reply, params);
  }

  private handle(
    method: ApiMethod,
    params: Record<string, string>,
    query: URLSearchParams,
    request: IncomingMessage,
    raw: Buffer,
  ): ApiResponse {
    try {
      const caller = method.open ? NOBODY : this.authenticate(request);
      if (!method.open) checkParams(params);
      const body = method.open ? undefined : parseBody(raw);
      const apiRequest: ApiRequest = {
        params,
        query,
        body,
        raw,
        headers: request.headers,
        caller,
        authorize: (need) => authorize(caller, need),
      };
      return method.handle(apiRequest, { state: this.state, url: this.url });
    } catch (error) {
      if (error instanceof QueueRefusal) return errorReply(method.name, error, params);
      throw error;
    }
  }

  private authenticate(request: IncomingMessage): Caller {
    return authenticate(request.headers.authorization, {
      ...(this.options.scopes ? { scopes: this.options.scopes } : {}),
      now: () => this.state.now(),
      tolerance: this.state.settings.credentialTolerance,
    });
  }
}

const NOBODY: Caller = { clientId: '', scopes: [], temporary: false };

function hasEffect(fault: Fault): boolean {
  if (typeof fault === 'object') return 'effect' in fault && fault.effect === true;
  return fault === 'pass' || fault === 'broken-json' || fault.startsWith('effect-then');
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** @throws QueueRefusal 400 or 413 */
function parseBody(raw: Buffer): unknown {
  if (raw.length > BODY_LIMIT) throw new QueueRefusal('InputTooLarge', 'Request body is too large');
  if (raw.length === 0) return undefined;
  try {
    return JSON.parse(raw.toString());
  } catch {
    throw new QueueRefusal('MalformedPayload', 'Failed to parse the request body as JSON');
  }
}
