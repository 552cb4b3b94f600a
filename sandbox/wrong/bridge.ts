import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { migrateDatabase } from '@bbb/bridge-db';
import type { JsonValue } from '@bbb/rules';
import { findFreePort, type Services, startInProcess, startProcesses } from '../services.js';
import type { CommonSandbox } from '../common-sandbox.js';

/** What a service's /health/ready says: by check, its reason where it fails. */
export type HealthReasons = ReadonlyMap<string, string>;

export interface LogLine {
  level: string;
  msg: string;
}

/** The bridge's services at work in a sandbox, as an operator has them. */
export class Bridge {
  private constructor(
    private readonly sandbox: CommonSandbox,
    private readonly ports: Record<'tclistener' | 'bblistener' | 'reflector', number>,
    private readonly configFile: string,
    private services: Services | undefined,
  ) {}

  /** In this process where the broker is in it, otherwise each service in a process of its own. */
  static async start(sandbox: CommonSandbox): Promise<Bridge> {
    const ports = {
      tclistener: await findFreePort(),
      bblistener: await findFreePort(),
      reflector: await findFreePort(),
    };
    const configFile = await sandbox.writeConfiguration(ports);
    const { bridgeDb } = sandbox.options;
    if (!bridgeDb.startsWith('sqlite')) await migrateDatabase(bridgeDb);
    const bridge = new Bridge(sandbox, ports, configFile, undefined);
    await bridge.run(true);
    return bridge;
  }

  /** Addresses of the health endpoints, without a path. */
  get health(): Services['health'] {
    if (!this.services) throw new Error('the services do not run');
    return this.services.health;
  }

  /** Stops the services, and starts them with these settings at the top level of the configuration file. */
  async restart(changes: Readonly<Record<string, JsonValue>> = {}): Promise<void> {
    await this.stop();
    await this.sandbox.writeConfiguration(this.ports, changes);
    await this.run(Object.keys(changes).length === 0);
  }

  /** Stops them as an operator does; rejects when one does not stop cleanly. */
  async stop(): Promise<void> {
    const { services } = this;
    this.services = undefined;
    await services?.stop();
  }

  /** The scheduler database that the services use now. */
  async readSchedulerDb(): Promise<string> {
    const settings = JSON.parse(await readFile(this.configFile, 'utf8')) as { buildbot_scheduler_db: string };
    return settings.buildbot_scheduler_db;
  }

  /** Runs an operator's command. @returns its output */
  async runCommand(...args: string[]): Promise<string> {
    const file = join(process.cwd(), 'bin', 'buildbot-bridge.js');
    const { stdout } = await promisify(execFile)(process.execPath, [file, '-c', this.configFile, ...args]);
    return stdout;
  }

  /** What the services report as wrong; a service that does not answer reports nothing. */
  async readReasons(): Promise<HealthReasons> {
    const reasons = new Map<string, string>();
    for (const url of Object.values(this.health)) {
      const answer = await fetch(`${url}/health/ready`).catch(() => undefined);
      const { details = {} } = ((await answer?.json().catch(() => undefined)) ?? {}) as {
        details?: Record<string, { reason?: string }>;
      };
      for (const [check, { reason }] of Object.entries(details)) {
        if (reason !== undefined) reasons.set(check, reason);
      }
    }
    return reasons;
  }

  /** The value of a metric without labels, as the reflector exports it. */
  async readMetric(name: string): Promise<number | undefined> {
    const text = await (await fetch(`${this.health.reflector}/metrics`)).text();
    const value = new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1];
    return value === undefined ? undefined : Number(value);
  }

  /** All lines of the services' logs so far. */
  async readLog(): Promise<LogLine[]> {
    const { folder } = this.sandbox.options;
    const files = (await readdir(folder)).filter((name) => name.endsWith('.log'));
    const texts = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')));
    return texts.flatMap((text) =>
      text
        .split('\n')
        .filter((line) => line.startsWith('{') && line.endsWith('}'))
        .map((line) => JSON.parse(line) as LogLine),
    );
  }

  private async run(untilReady: boolean): Promise<void> {
    const { broker } = this.sandbox.options;
    this.services = broker.isInProcess
      ? await startInProcess(this.configFile, { connect: () => broker.connect() })
      : await startProcesses(this.configFile, this.ports, { untilReady });
  }
}
