import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseVersion } from '../master/context.js';
import type { MasterProcess } from '../master/process.js';
import { type Answer, errorAnswer, jsonAnswer, RestError, rpcErrorAnswer } from './answers.js';
import { control } from './controls.js';
import { EventSubscriber } from './event-subscriber.js';
import {
  createVersionFaults,
  type RestCall,
  RestCalls,
  type RestFault,
  type RestFaultHook,
} from './faults.js';
import { read } from './reads.js';
import { ServerSocket } from './server-socket.js';
import type { Sessions } from './sessions.js';

/** A longer request line closes the connection. */
const LONGEST_LINE = 16 * 1024;

export interface WebServerOptions {
  /** 0: any free one. */
  port: number;
  version: string;
  /** Seconds after which an idle connection is closed. */
  idleConnection: number;
}

/** The web server of a master process: REST, login, and the faults that tests ask for. */
export class WebServer {
  readonly calls = new RestCalls();
  /** Milliseconds by which every answer is late. */
  latency = 0;
  /** By default those of the version. */
  faults: RestFaultHook;
  /** The WebSockets that are open, for a test to cut or freeze. */
  readonly sockets = new Set<ServerSocket>();
  private server: Server | undefined;
  private process: MasterProcess | undefined;
  private port: number;

  constructor(
    private readonly options: WebServerOptions,
    private readonly sessions: Sessions,
  ) {
    this.port = options.port;
    this.faults = createVersionFaults(parseVersion(options.version));
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Answers for a process; after a restart on the same port. */
  async open(process: MasterProcess): Promise<void> {
    const server = createServer({
      maxHeaderSize: 64 * 1024,
      keepAliveTimeout: this.options.idleConnection * 1000,
    });
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.serve(process, request, response).catch(() => response.destroy());
    });
    server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
      if (request.url === '/ws') this.openSocket(process, request, socket);
      else socket.destroy();
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(this.port, '127.0.0.1', resolve);
    });
    this.port = (server.address() as AddressInfo).port;
    Object.assign(this, { server, process });
  }

  async close(): Promise<void> {
    const { server } = this;
    this.server = this.process = undefined;
    if (!server) return;
    for (const socket of this.sockets) socket.cut();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  /** Whoever connects gets all events, with a login or without, as before Buildbot 4.3. */
  private openSocket({ context }: MasterProcess, request: IncomingMessage, stream: Duplex): void {
    const socket = new ServerSocket(request, stream, (text) => subscriber.take(text));
    const subscriber = new EventSubscriber(context.database.events, (text) => socket.send(text));
    this.sockets.add(socket);
    const { eventPing } = context.times;
    const timer = eventPing > 0 ? setInterval(() => socket.ping(), eventPing * 1000) : undefined;
    socket.onClose(() => {
      clearInterval(timer);
      subscriber.stop();
      this.sockets.delete(socket);
    });
  }

  private async serve(
    process: MasterProcess,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const { method: verb = '', url = '' } = request;
    if (verb.length + url.length + ' HTTP/1.1'.length > LONGEST_LINE) return void response.destroy();
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { pathname: path, searchParams } = new URL(url, this.url);
    const body = Buffer.concat(parts).toString();
    const call: RestCall = { verb, path, query: searchParams, body };
    this.calls.note(call);
    const fault = this.faults(call);
    if (this.latency > 0) await sleep(this.latency);
    if (typeof fault === 'object' && 'until' in fault) await fault.until;
    // A killed process has no effect any more.
    if (this.process !== process || fault === 'reset') return void response.destroy();
    if (typeof fault === 'object' && 'answer' in fault) return write(response, fault.answer);
    const answer = this.answer(process, call, request);
    if (fault === 'lost answer') return void response.destroy();
    write(response, answer, fault);
  }

  private answer(
    process: MasterProcess,
    { verb, path, query, body }: RestCall,
    request: IncomingMessage,
  ): Answer {
    const { accept, cookie, authorization } = request.headers;
    if (path === '/auth/login') return this.sessions.login(authorization);
    const user = this.sessions.userOf(cookie);
    const headers: Record<string, string> = user === undefined ? { 'set-cookie': this.sessions.begin() } : {};
    const below = path.replace(/^\/api\/v2/, '');
    if (path === '/config') return { ...jsonAnswer(this.configuration(), accept), headers };
    if (below === path) return { ...errorAnswer(new RestError(404, 'No Such Resource')), headers };
    if (verb === 'POST') {
      if (!request.headers['content-type']?.startsWith('application/json'))
        return rpcErrorAnswer(400, -32600, 'Invalid content-type (use application/json)');
      if (!this.sessions.mayControl(user))
        return { ...rpcErrorAnswer(403, -32600, `you need to have role`), headers };
      return { ...control(process, below, body, user), headers };
    }
    try {
      const found = read(process, below, query);
      if ('raw' in found) return { status: 200, type: 'text/plain; charset=utf-8', text: found.raw, headers };
      return { ...jsonAnswer(found.json, accept), headers };
    } catch (error) {
      if (error instanceof RestError) return { ...errorAnswer(error), headers };
      throw error;
    }
  }

  private configuration(): object {
    const versions = [
      ['Python', '3.11.2'],
      ['Buildbot', this.options.version],
    ];
    return { buildbotURL: `${this.url}/`, title: 'Simulated', versions, auth: { name: 'UserPasswordAuth' } };
  }
}

/** @param fault `no body`: the headers promise one, and the connection stays open */
function write(response: ServerResponse, { status, type, text, headers }: Answer, fault?: RestFault): void {
  const length = Buffer.byteLength(text);
  response.writeHead(status, { 'content-type': type, 'content-length': length, ...headers });
  if (fault === 'no body') response.flushHeaders();
  else response.end(text);
}
