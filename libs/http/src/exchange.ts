import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { HttpAnswer } from './http-connections.js';

/** Maps undici's error codes to those of the operating system. */
const CODES: Record<string, string> = {
  UND_ERR_SOCKET: 'ECONNRESET',
  UND_ERR_CONNECT_TIMEOUT: 'ETIMEDOUT',
  UND_ERR_DESTROYED: 'ECONNABORTED',
  UND_ERR_CLOSED: 'ECONNABORTED',
};

/** One request and its answer: limits the time and the size of the answer. */
export class Exchange implements Dispatcher.DispatchHandler {
  private readonly end: number;
  private readonly parts: Buffer[] = [];
  private timer: NodeJS.Timeout;
  private controller?: Dispatcher.DispatchController;
  private status = 0;
  private headers: IncomingHttpHeaders = {};
  private size = 0;
  private isOver = false;

  /**
   * @param timeout milliseconds from the start on a connection; `within` includes the wait for one
   * @param onPart takes the parts of the body instead of this exchange; what it throws ends the exchange
   */
  constructor(
    private readonly maxBytes: number,
    private readonly onPart: ((part: Buffer) => void) | undefined,
    private readonly timeout: number,
    within: number,
    private readonly resolve: (answer: HttpAnswer) => void,
    private readonly reject: (error: Error) => void,
  ) {
    this.end = performance.now() + within;
    this.timer = setTimeout(() => this.fail('ETIMEDOUT', 'no connection was free in time'), within);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.isOver) return controller.abort(withCode('ETIMEDOUT', 'gave up waiting for a connection'));
    clearTimeout(this.timer);
    const left = Math.max(1, Math.min(this.timeout, this.end - performance.now()));
    this.timer = setTimeout(() => this.fail('ETIMEDOUT', 'no complete answer in time'), left);
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    this.status = status;
    this.headers = headers;
    if (Number(headers['content-length']) > this.maxBytes) this.failTooLarge();
  }

  onResponseData(_controller: Dispatcher.DispatchController, part: Buffer): void {
    this.size += part.length;
    if (this.size > this.maxBytes) this.failTooLarge();
    else this.take(part);
  }

  onResponseEnd(): void {
    if (!this.finish()) return;
    const body = this.parts.length === 1 ? this.parts[0]! : Buffer.concat(this.parts);
    this.resolve({ status: this.status, headers: this.headers, body });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (!this.finish()) return;
    const { code } = error as NodeJS.ErrnoException;
    const known = code === undefined ? undefined : CODES[code];
    this.reject(known === undefined ? error : withCode(known, error.message, error));
  }

  private take(part: Buffer): void {
    try {
      if (this.onPart) this.onPart(part);
      else this.parts.push(part);
    } catch (error) {
      this.failWith(error as Error);
    }
  }

  private failTooLarge(): void {
    this.fail('EMSGSIZE', `the answer has more than ${this.maxBytes} bytes`);
  }

  private fail(code: string, message: string): void {
    this.failWith(withCode(code, message));
  }

  private failWith(error: Error): void {
    if (!this.finish()) return;
    this.parts.length = 0;
    this.controller?.abort(error);
    this.reject(error);
  }

  /** Returns false when the exchange has ended already. */
  private finish(): boolean {
    if (this.isOver) return false;
    this.isOver = true;
    clearTimeout(this.timer);
    return true;
  }
}

/** Creates an error with a `code`, like network errors have. */
function withCode(code: string, message: string, cause?: Error): Error {
  return Object.assign(new Error(message, { cause }), { code });
}
