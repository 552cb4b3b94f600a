import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceName } from '@bbb/configuration';
import type { StageOptions } from './stage.js';

/** What a service has used and done since its start. */
export interface Reading {
  /** Processor time, seconds. */
  cpu: number;
  /** HTTP calls to Taskcluster. */
  http: number;
  /** Round trips to each database. */
  bridgeDb: number;
  schedulerDb: number;
  /** Messages handled and acknowledged. */
  handled: number;
  /** The reflector's passes, and the seconds that they lasted. */
  passes: number;
  passSeconds: number;
}

/** Milliseconds between two readings; each costs the service about 5 ms of processor time. */
const POLL = 100;

/** Milliseconds after the start until a service's memory has settled. */
const SETTLED = 8000;

/** A service in its own process, as an operator starts it. */
export class Service {
  private readonly startedAt = performance.now();

  private constructor(
    private readonly child: ChildProcess,
    private readonly url: string,
    /** Milliseconds from the start of the process until it was ready. */
    readonly readyAfter: number,
  ) {}

  static async start(
    name: ServiceName,
    port: number,
    configFile: string,
    folder: string,
    { nodeFlags, project, env }: Pick<StageOptions, 'nodeFlags' | 'project' | 'env'>,
  ): Promise<Service> {
    const file = join(project, 'dist', 'apps', name, 'src', 'main.js');
    const begun = performance.now();
    const child = spawn(process.execPath, [...nodeFlags, file, '-c', configFile], {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: {
        PATH: process.env.PATH,
        BBB_HTTP_PORT: String(port),
        BBB_LOG_FILE: join(folder, `${name}.log`),
        ...env,
      },
    });
    const url = `http://127.0.0.1:${port}`;
    for (;;) {
      if (child.exitCode !== null) throw new Error(`${name} ended with exit code ${child.exitCode}`);
      const answer = await fetch(`${url}/health/ready`).catch(() => undefined);
      if (answer?.ok) return new Service(child, url, performance.now() - begun);
      await sleep(10);
    }
  }

  async read(): Promise<Reading> {
    const answer = await fetch(`${this.url}/metrics`);
    const lines = (await answer.text()).split('\n');
    const sum = (pattern: RegExp) =>
      lines
        .filter((line) => pattern.test(line))
        .reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' '))), 0);
    const calls = (system: string) => sum(new RegExp(`^bbb_external_calls_total\\{[^}]*system="${system}"`));
    return {
      cpu: await this.readCpu(),
      http: calls('taskcluster') + calls('artifact-storage'),
      bridgeDb: sum(/^bbb_sql_round_trips_total\{[^}]*database="bridge-db"/),
      schedulerDb: sum(/^bbb_sql_round_trips_total\{[^}]*database="scheduler-db"/),
      handled: sum(/^bbb_messages_total\{[^}]*outcome="acked"/),
      // Until 3.0 a pass was called a cycle.
      passes: sum(/^bbb_(cycle|pass)_seconds_count/),
      passSeconds: sum(/^bbb_(cycle|pass)_seconds_sum/),
    };
  }

  /** Processor time of the process since its start, in seconds, by the hundredths that Linux counts. */
  private async readCpu(): Promise<number> {
    const stat = await readFile(`/proc/${this.child.pid}/stat`, 'utf8');
    // The second field is the name, which may contain blanks; user and system time are the 14th and 15th.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  /** Reads a page. @returns how long it took, in seconds */
  async load(path: string): Promise<number> {
    const begun = performance.now();
    const answer = await fetch(`${this.url}/${path}`);
    await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return (performance.now() - begun) / 1000;
  }

  /**
   * Waits until the reading satisfies a condition.
   *
   * @param patience seconds
   * @param pause milliseconds between two readings
   * @throws Error when the condition is not satisfied in time
   */
  async waitUntil(
    isSo: (reading: Reading) => boolean,
    { patience = 120, pause = POLL } = {},
  ): Promise<Reading> {
    for (const end = Date.now() + patience * 1000; Date.now() < end; await sleep(pause)) {
      const reading = await this.read();
      if (isSo(reading)) return reading;
    }
    throw new Error(
      `the service did not get there within ${patience} s: ${JSON.stringify(await this.read())}`,
    );
  }

  /** Waits until the memory that the start used is freed. */
  async waitUntilSettled(): Promise<void> {
    await sleep(Math.max(0, this.startedAt + SETTLED - performance.now()));
  }

  /** Resident memory in MB, now and at its peak. */
  async readMemory(): Promise<{ now: number; peak: number }> {
    const status = await readFile(`/proc/${this.child.pid}/status`, 'utf8');
    const of = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
    return { now: of('VmRSS'), peak: of('VmHWM') };
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGTERM');
    await once(this.child, 'exit');
  }
}
