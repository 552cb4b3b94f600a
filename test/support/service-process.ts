import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HealthCheckResult } from '@nestjs/terminus';

export interface Answer {
  status: number;
  report: HealthCheckResult;
  text: string;
}

/** The unit of times in /proc, on every machine with Linux that Node.js runs on. */
const TICKS_PER_SECOND = 100;

/** A process of the bridge, as an operator starts it. */
export class ServiceProcess {
  private static readonly all = new Set<ServiceProcess>();
  stdout = '';
  stderr = '';
  private readonly ended: Promise<unknown>;

  private constructor(
    private readonly child: ChildProcess,
    /** Of the health endpoints, without a path. */
    readonly url: string,
    private readonly isGroup: boolean,
  ) {
    child.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.ended = once(child, 'close').finally(() => ServiceProcess.all.delete(this));
    ServiceProcess.all.add(this);
  }

  /**
   * Nothing of this process's environment but what finds programs reaches the new one. As a group, signals reach the
   * processes that it starts as well, as those of a terminal do.
   */
  static start(
    command: readonly string[],
    {
      cwd,
      env = {},
      port = 0,
      group = false,
    }: { cwd?: string; env?: Record<string, string>; port?: number; group?: boolean } = {},
  ): ServiceProcess {
    const { PATH, HOME } = process.env;
    const child = spawn(command[0]!, command.slice(1), {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...(PATH ? { PATH } : {}), ...(HOME ? { HOME } : {}), ...env },
      detached: group,
      ...(cwd ? { cwd } : {}),
    });
    return new ServiceProcess(child, `http://127.0.0.1:${port}`, group);
  }

  /** For the end of a test file: what a failed test left running. */
  static async killAll(): Promise<void> {
    await Promise.all(
      [...ServiceProcess.all].map(async (service) => {
        service.sendSignal('SIGKILL');
        await service.ended;
      }),
    );
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  sendSignal(name: NodeJS.Signals): void {
    if (!this.isGroup) this.child.kill(name);
    // Once its output is closed, nobody of the group is left.
    else if (ServiceProcess.all.has(this)) process.kill(-this.child.pid!, name);
  }

  /** Waits for the end. @returns the exit code, or the signal */
  async exit(): Promise<number | string | null> {
    await this.ended;
    return this.child.exitCode ?? this.child.signalCode;
  }

  /** Stops it as an operator does. @returns the exit code, or the signal */
  stop(): Promise<number | string | null> {
    if (this.isRunning) this.sendSignal('SIGTERM');
    return this.exit();
  }

  /** Memory that the process has in the machine's own; Linux only. */
  readResidentMegabytes(): Promise<number> {
    return this.readMegabytes('VmRSS');
  }

  /** The most that it has had; Linux only. */
  readPeakMegabytes(): Promise<number> {
    return this.readMegabytes('VmHWM');
  }

  /** Processor time of all its threads since the start, seconds; Linux only. */
  async readCpuSeconds(): Promise<number> {
    const stat = await readFile(`/proc/${this.child.pid}/stat`, 'utf8');
    // The second field, the name of the program, may have spaces. The times are the fields 14 and 15.
    const [user, system] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13);
    return (Number(user) + Number(system)) / TICKS_PER_SECOND;
  }

  private async readMegabytes(field: string): Promise<number> {
    const status = await readFile(`/proc/${this.child.pid}/status`, 'utf8');
    return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024;
  }

  async get(path: string): Promise<Answer> {
    const answer = await fetch(this.url + path);
    const text = await answer.text();
    const report =
      path === '/metrics' ? { status: 'ok' as const, details: {} } : (JSON.parse(text) as HealthCheckResult);
    return { status: answer.status, text, report };
  }

  /** Asks until the answer is right; rejects when the process ends or the time is over. */
  async until(path: string, isRight: (answer: Answer) => boolean, seconds = 60): Promise<Answer> {
    let last: Answer | undefined;
    for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(50)) {
      if (!this.isRunning) throw new Error(`ended with ${await this.exit()}\n${this.stderr}${this.stdout}`);
      last = await this.get(path).catch(() => undefined);
      if (last && isRight(last)) return last;
    }
    throw new Error(
      `${path} never answered as expected; last: ${last?.status} ${last?.text}\n${this.stderr}`,
    );
  }

  ready(): Promise<Answer> {
    return this.until('/health/ready', ({ status }) => status === 200);
  }
}
