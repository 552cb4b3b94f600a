import { readdir, readlink, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceProcess } from '../service-process.js';

/** How long a process may take to start and to stop on a busy machine. */
const PATIENCE_MS = 90_000;

/** A process of Buildbot in the foreground, whose log is a file in its folder. */
export class OwnProcess {
  private process: ServiceProcess | undefined;

  constructor(
    private readonly command: readonly string[],
    private readonly folder: string,
    private readonly env: Record<string, string>,
  ) {}

  get isRunning(): boolean {
    return this.process?.isRunning ?? false;
  }

  /** @param isReady asked until it is true; what it throws counts as "not yet" */
  async start(isReady: () => Promise<boolean>): Promise<void> {
    if (this.isRunning) throw new Error(`${this.command.join(' ')} runs already`);
    this.process = ServiceProcess.start(this.command, { cwd: this.folder, env: this.env });
    await this.until(isReady);
  }

  async until(isReady: () => Promise<boolean>): Promise<void> {
    for (const end = Date.now() + PATIENCE_MS; ; await sleep(50)) {
      if (await isReady().catch(() => false)) return;
      if (!this.isRunning) throw new Error(`it ended: ${await this.log()}`);
      if (Date.now() > end) throw new Error(`it is not ready: ${await this.log()}`);
    }
  }

  signal(name: NodeJS.Signals): void {
    this.process?.sendSignal(name);
  }

  /** Waits for the end; kills it when that takes too long. */
  async ended(): Promise<void> {
    const process = this.process;
    if (!process) return;
    const timer = setTimeout(() => process.sendSignal('SIGKILL'), PATIENCE_MS);
    await process.exit().finally(() => clearTimeout(timer));
  }

  async end(name: NodeJS.Signals): Promise<void> {
    if (this.isRunning) this.signal(name);
    await this.ended();
  }

  /** Processor time since the start, seconds; Linux only. */
  readCpuSeconds(): Promise<number> {
    if (!this.process) throw new Error('it was never started');
    return this.process.readCpuSeconds();
  }

  /** How often the log has something. */
  async count(pattern: RegExp): Promise<number> {
    return (await readFile(join(this.folder, 'twistd.log'), 'utf8')).match(pattern)?.length ?? 0;
  }

  /** The end of the log, and what was written to the terminal. */
  async log(): Promise<string> {
    const text = await readFile(join(this.folder, 'twistd.log'), 'utf8').catch(() => 'no log');
    return `${text.split('\n').slice(-60).join('\n')}\n${this.process?.stderr}${this.process?.stdout}`;
  }
}

/** Kills whatever still works inside a folder, such as the commands of a worker that was killed. */
export async function killAllInside(folder: string): Promise<void> {
  for (const name of await readdir('/proc').catch(() => [] as string[])) {
    if (!/^\d+$/.test(name)) continue;
    const cwd = await readlink(join('/proc', name, 'cwd')).catch(() => '');
    if (cwd !== folder && !cwd.startsWith(`${folder}/`)) continue;
    try {
      process.kill(Number(name), 'SIGKILL');
    } catch {
      // It has just ended.
    }
  }
}
