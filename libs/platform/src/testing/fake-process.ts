import { EventEmitter } from 'node:events';
import type { ProcessHost } from '../bootstrap/run-service.js';
import { LogLines } from './log-lines.js';

/** A process that only records its exit. */
export class FakeProcess extends EventEmitter implements ProcessHost {
  readonly log = new LogLines();
  readonly stdout = new LogLines();
  readonly stderr = new LogLines();
  private noteExit!: (code: number) => void;
  readonly exited = new Promise<number>((resolve) => {
    this.noteExit = resolve;
  });

  constructor(
    readonly argv: readonly string[],
    readonly env: Record<string, string> = {},
  ) {
    super();
  }

  exit(code: number): void {
    this.noteExit(code);
  }
}
