import {
  Inject,
  Injectable,
  Logger,
  ServiceUnavailableException,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { HealthCheckService, HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { Redactor } from '../logging/redactor.js';
import { HEALTH_CHECKS, type HealthCheck } from './health-check.js';
import { Heartbeats } from './heartbeats.js';
import { Lifecycle } from './lifecycle.js';

/** Injection token of the seconds that a check may take. */
export const CHECK_TIMEOUT = Symbol('CHECK_TIMEOUT');

/** Characters of a reason at most. */
const LONGEST_REASON = 300;

export interface HealthReport {
  status: 'ok' | 'degraded' | 'error';
  checks: Record<string, { status: 'up' | 'down' | 'degraded'; reason?: string }>;
}

/** Asks the checks of an application and sums their answers up. */
@Injectable()
export class HealthReporter implements OnApplicationBootstrap {
  private readonly logger = new Logger('Health');
  private checks: HealthCheck[] = [];
  private lastFailures = new Map<string, string>();

  constructor(
    private readonly moduleRef: ModuleRef,
    private readonly terminus: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly heartbeats: Heartbeats,
    private readonly lifecycle: Lifecycle,
    private readonly redactor: Redactor,
    @Inject(CHECK_TIMEOUT) private readonly patience: number,
  ) {}

  onApplicationBootstrap(): void {
    this.checks = this.provided();
  }

  /** Whether the process and its loops are going. */
  async live(): Promise<HealthReport> {
    const silent = new Set(this.heartbeats.silent());
    const loops = this.heartbeats.names().map((name): HealthCheck => {
      return {
        name,
        kind: 'live',
        check: async () => (silent.has(name) ? 'silent for too long' : undefined),
      };
    });
    return this.report([...loops, ...this.checks.filter(({ kind }) => kind === 'live')]);
  }

  /** Whether the service can do its work, and which outside systems are away. */
  async ready(): Promise<HealthReport> {
    const running: HealthCheck = {
      name: 'service',
      kind: 'ready',
      check: async () => this.lifecycle.reason(),
    };
    return this.report([running, ...this.checks.filter(({ kind }) => kind !== 'live')]);
  }

  private provided(): HealthCheck[] {
    try {
      return this.moduleRef.get<HealthCheck[]>(HEALTH_CHECKS, { strict: false, each: true }).flat();
    } catch {
      // An application without checks of its own.
      return [];
    }
  }

  private async report(checks: HealthCheck[]): Promise<HealthReport> {
    const result = await this.terminus
      .check(checks.map((check) => () => this.asked(check)))
      .catch((error: unknown) => {
        if (error instanceof ServiceUnavailableException)
          return error.getResponse() as { details: HealthIndicatorResult };
        throw error;
      });
    const entries = Object.entries(result.details).map(([name, { status, reason }]) => {
      return [name, { status, ...(typeof reason === 'string' ? { reason } : {}) }] as const;
    });
    const has = (wanted: string) => entries.some(([, { status }]) => status === wanted);
    return {
      status: has('down') ? 'error' : has('degraded') ? 'degraded' : 'ok',
      checks: Object.fromEntries(entries),
    };
  }

  private async asked(check: HealthCheck): Promise<HealthIndicatorResult> {
    const session = this.indicators.check(check.name);
    const reason = this.fit(await inTime(check, this.patience));
    this.note(check.name, reason);
    if (reason === undefined) return session.up();
    return check.kind === 'degraded' ? session.degraded({ reason }) : session.down({ reason });
  }

  /** A reason may repeat what an outside system has said. */
  private fit(reason: string | undefined): string | undefined {
    if (reason === undefined) return undefined;
    return this.redactor.text(reason).replace(/\s+/g, ' ').slice(0, LONGEST_REASON);
  }

  /** Only changes are logged: probes come every few seconds. */
  private note(name: string, reason: string | undefined): void {
    if (this.lastFailures.get(name) === reason) return;
    if (reason === undefined) {
      this.lastFailures.delete(name);
      this.logger.log({ check: name }, 'health check passes again');
      return;
    }
    this.lastFailures.set(name, reason);
    this.logger.warn({ check: name, reason }, 'health check fails');
  }
}

/** The answer of a check; a throwing or hanging one has failed. */
async function inTime(check: HealthCheck, patience: number): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('no answer in time'), patience * 1000);
  });
  try {
    return await Promise.race([check.check(), late]);
  } catch (error) {
    return error instanceof Error ? error.name : 'failed';
  } finally {
    clearTimeout(timer);
  }
}
