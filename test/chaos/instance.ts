import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceName } from '@bbb/configuration';
import type { Tally } from './counters.js';

/** Milliseconds after which a supervisor starts again what has died by itself. */
const RESTART_AFTER = 500;

/** Seconds that a start or a stop may last. */
const PATIENCE = 60;

/**
 * How instances retry messages: in proportion to the claims of a sandbox. A message is quarantined after 20 attempts, 5
 * seconds to 5 minutes apart: about 80 minutes, which are 4 claims. One that a killed instance has reserved is retried by
 * another before the run is over.
 */
export const PARKING = { first_delay: 0.3, max_delay: 2, attempts: 60, interval: 0.5, reservation: 4 };

/** One instance of a service, and the supervisor that keeps it running. */
export class Instance {
  private child: ChildProcess | undefined;
  private isWanted = false;
  private isBusy = false;
  private isPaused = false;

  constructor(
    readonly service: ServiceName,
    readonly name: string,
    private readonly port: number,
    private readonly configFile: string,
    private readonly folder: string,
    private readonly tally: Tally,
  ) {}

  /** Runs, and nothing is being done to it. */
  get isAvailable(): boolean {
    return this.isWanted && !this.isBusy && !this.isPaused && this.isRunning;
  }

  get isRunning(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  start(): void {
    this.isWanted = true;
    const { PATH, HOME } = process.env;
    const output = openSync(join(this.folder, `${this.name}.out`), 'a');
    const file = join('dist', 'apps', this.service, 'src', 'main.js');
    const child = spawn(process.execPath, ['--enable-source-maps', file, '-c', this.configFile], {
      stdio: ['ignore', output, output],
      env: {
        ...(PATH ? { PATH } : {}),
        ...(HOME ? { HOME } : {}),
        BBB_HTTP_PORT: String(this.port),
        BBB_LOG_FILE: join(this.folder, `${this.name}.log`),
      },
    });
    closeSync(output);
    this.child = child;
    child.once('exit', (code, signal) => {
      // Whoever ends it on purpose has said so before.
      if (this.isBusy || !this.isWanted) return;
      this.tally.count(`died by itself: ${this.service} with ${code ?? signal}`);
      setTimeout(() => this.isWanted && !this.isBusy && !this.isRunning && this.start(), RESTART_AFTER);
    });
  }

  async ready(): Promise<void> {
    for (const end = Date.now() + PATIENCE * 1000; Date.now() < end; await sleep(100)) {
      const answer = await fetch(`http://127.0.0.1:${this.port}/health/ready`).catch(() => undefined);
      if (answer?.ok) return;
    }
    throw new Error(`${this.name} is not ready; its output is in ${this.folder}`);
  }

  /** kill -9, and a start after so many seconds. */
  kill(restartAfter: number): Promise<void> {
    return this.busy(async () => {
      await this.end('SIGKILL');
      await sleep(restartAfter * 1000);
    });
  }

  /** SIGTERM, and a start after so many seconds. One that does not stop cleanly is counted. */
  restart(restartAfter: number): Promise<void> {
    return this.busy(async () => {
      const code = await this.end('SIGTERM');
      if (code !== 0) this.tally.count(`restart not clean: ${this.service} with ${code}`);
      await sleep(restartAfter * 1000);
    });
  }

  async pause(seconds: number): Promise<void> {
    this.isPaused = true;
    this.child?.kill('SIGSTOP');
    await sleep(seconds * 1000);
    this.child?.kill('SIGCONT');
    this.isPaused = false;
  }

  /** For good. @returns the exit code, or the signal */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<number | string | null> {
    this.isWanted = false;
    return this.isRunning ? this.end(signal) : 0;
  }

  private async busy(work: () => Promise<void>): Promise<void> {
    this.isBusy = true;
    try {
      await work();
    } finally {
      this.isBusy = false;
      if (this.isWanted) this.start();
    }
  }

  private async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | string | null> {
    const child = this.child!;
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill(signal);
      const tooLate = setTimeout(() => child.kill('SIGKILL'), PATIENCE * 1000);
      await ended;
      clearTimeout(tooLate);
    }
    return child.exitCode ?? child.signalCode;
  }
}
