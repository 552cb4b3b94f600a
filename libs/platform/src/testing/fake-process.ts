import { EventEmitter } from 'node:events';
import type { ProcessHost } from '../bootstrap/run-service.js';
import { ROOT_URL } from './layouts.js';
import { LogLines } from './log-lines.js';

/** A process that only notes its end. */
export class FakeProcess extends EventEmitter implements ProcessHost {
  readonly env: Record<string, string> = { TASKCLUSTER_ROOT_URL: ROOT_URL, BBB_HTTP_PORT: '0' };
  readonly log = new LogLines();
  readonly stdout = new LogLines();
  readonly stderr = new LogLines();
  private noteExit!: (code: number) => void;
  readonly exited = new Promise<number>((resolve) => {
    this.noteExit = resolve;
  });

  constructor(readonly argv: readonly string[]) {
    super();
  }

  exit(code: number): void {
    this.noteExit(code);
  }
}
