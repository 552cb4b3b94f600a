import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { OwnProcess } from './own-process.js';

/** A worker process. It connects again by itself when its master returns. */
export class RealWorker {
  private constructor(private readonly process: OwnProcess) {}

  static async create(folder: string, port: number, env: Record<string, string>): Promise<RealWorker> {
    const home = join(folder, 'worker');
    await promisify(execFile)(
      'buildbot-worker',
      ['create-worker', '--maxdelay', '1', home, `127.0.0.1:${port}`, 'main', 'secret'],
      { cwd: folder, env: { ...process.env, ...env } },
    );
    return new RealWorker(new OwnProcess(['buildbot-worker', 'start', '--nodaemon', home], home, env));
  }

  get isRunning(): boolean {
    return this.process.isRunning;
  }

  /** Resolves when the process runs; that it is connected is for the master to say. */
  start(): Promise<void> {
    return this.process.start(async () => true);
  }

  /** SIGKILL: nothing is said to the master. */
  kill(): Promise<void> {
    return this.process.end('SIGKILL');
  }

  /** SIGSTOP: it stays connected and answers nothing. */
  freeze(): void {
    this.process.signal('SIGSTOP');
  }

  thaw(): void {
    this.process.signal('SIGCONT');
  }
}
