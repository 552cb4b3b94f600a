import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Loop, OneAtATime, SchedulerConnection } from '../buildbot/index.js';
import { SelfServeAgent } from './agent.js';
import { file, html, type Answer } from './answers.js';
import { PREFIX, SelfServeApi } from './api.js';
import { Jobs, type Job } from './jobs.js';
import type { Call, Fault, SelfServeOptions } from './options.js';
import { Replica } from './replica.js';

const BUILDER_LIST = '/builddata/reports/allthethings.json';

/**
 * BuildAPI's Self Serve and its agent, at work on a real scheduler database: accepts over HTTP at once, and does the
 * work in `step`, or by itself with `run`. Serves the builder list as well.
 */
export class SelfServeSimulator {
  readonly calls: Call[] = [];
  /** While false the agent does nothing, and jobs pile up. */
  agentIsUp = true;
  private readonly work = new OneAtATime();
  private readonly jobTable: Jobs;
  private readonly replica: Replica;
  private readonly api: SelfServeApi;
  private readonly agent: SelfServeAgent;
  private loop: Loop | undefined;

  private constructor(
    private readonly options: SelfServeOptions,
    private readonly connection: SchedulerConnection,
    private readonly server: Server,
  ) {
    this.jobTable = new Jobs(options.firstJobId ?? 1_234_567);
    this.replica = new Replica(connection, options.replicaLag ?? 0);
    this.api = new SelfServeApi(connection, options, this.jobTable, this.replica);
    this.agent = new SelfServeAgent(connection, options);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.serve(request, response).catch((error: unknown) => {
        response.writeHead(500, { 'Content-Type': 'text/plain' });
        response.end(String(error));
      });
    });
  }

  static async start(options: SelfServeOptions): Promise<SelfServeSimulator> {
    const connection = await SchedulerConnection.open(options.databaseUrl);
    const server = createServer();
    const simulator = new SelfServeSimulator(options, connection, server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(options.port ?? 0, '127.0.0.1', resolve);
    });
    return simulator;
  }

  /** Self Serve's address, in the form of the configuration. */
  get url(): string {
    return `${this.origin}${PREFIX}`;
  }

  get builderListUrl(): string {
    return `${this.origin}${BUILDER_LIST}`;
  }

  get jobs(): readonly Readonly<Job>[] {
    return this.jobTable.all;
  }

  /** The agent does the jobs whose time has come; the replica takes in what is in the database. */
  step(): Promise<void> {
    return this.work.run(async () => {
      const now = this.options.clock.now();
      await this.replica.look(now);
      if (!this.agentIsUp) return;
      for (const job of this.jobTable.waiting(now - (this.options.agentDelay ?? 2))) {
        job.outcome = await this.agent.perform(job);
        job.completedAt = now;
      }
    });
  }

  /** Steps by itself, with a pause (milliseconds) after each step, until halted. */
  run(everyMs: number): void {
    this.loop ??= new Loop(() => this.step(), everyMs);
  }

  async halt(): Promise<void> {
    await this.loop?.halt();
    this.loop = undefined;
  }

  async close(): Promise<void> {
    await this.halt();
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
    await this.connection.close();
  }

  private get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.origin);
    const form = new URLSearchParams(await bodyOf(request));
    const override = request.method === 'POST' ? url.searchParams.get('_method') : null;
    const call: Call = {
      at: this.options.clock.now(),
      method: override?.toUpperCase() ?? request.method ?? 'GET',
      path: url.pathname,
      user: header(request, 'x-remote-user'),
      accept: header(request, 'accept'),
      status: null,
    };
    this.calls.push(call);
    const fault = this.options.fault?.(call);
    if (fault?.kind === 'hang') return;
    const made =
      fault?.kind === 'answer' ? replaced(fault) : await this.answerTo(call, request, url, form, fault);
    if (fault?.kind === 'reply-lost') {
      response.destroy();
      return;
    }
    const { status, headers, body } = fault?.kind === 'effect-then' ? replaced(fault) : made;
    call.status = status;
    response.writeHead(status, headers);
    response.end(fault?.kind === 'half' ? body.slice(0, Math.floor(body.length / 2)) : body);
  }

  private async answerTo(
    call: Call,
    request: IncomingMessage,
    url: URL,
    form: URLSearchParams,
    fault: Fault | undefined,
  ): Promise<Answer> {
    const { method, path, user } = call;
    if (path === BUILDER_LIST && this.options.builderList) {
      return file(JSON.stringify(this.options.builderList()), request.headers['if-none-match']);
    }
    if (!path.startsWith(`${PREFIX}/`)) return html(404, 'Not found');
    const asJson =
      url.searchParams.get('format') === 'json' || (call.accept ?? '').includes('application/json');
    return this.api.handle({ method, path: path.slice(PREFIX.length), user, asJson, form, fault });
  }
}

function replaced({ status, body }: { status: number; body?: string }): Answer {
  return body === undefined
    ? html(status, String(status))
    : { status, headers: { 'Content-Type': 'application/json' }, body };
}

function header(request: IncomingMessage, name: string): string | null {
  const value = request.headers[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}
