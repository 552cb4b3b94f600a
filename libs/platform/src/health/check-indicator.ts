import { Inject, Injectable, Logger } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { Redactor } from '../logging/redactor.js';
import type { HealthCheck } from './health-check.js';

/** Injection token of the maximum seconds for a check. */
export const CHECK_TIMEOUT = Symbol('CHECK_TIMEOUT');

/** Maximum characters of a reason. */
const MAX_REASON_LENGTH = 300;

/** Runs a {@link HealthCheck} as a terminus indicator, and logs when its outcome changes. */
@Injectable()
export class CheckIndicator {
  private readonly logger = new Logger('Health');
  /** By check, the reason of the last failure. Its numbers count by their digits only: a duration grows with every look. */
  private readonly lastReasons = new Map<string, string>();

  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly redactor: Redactor,
    @Inject(CHECK_TIMEOUT) private readonly timeout: number,
  ) {}

  /** A check that throws or exceeds the timeout has failed. */
  async run(check: HealthCheck): Promise<HealthIndicatorResult> {
    const { name, kind, settings } = check;
    const session = this.indicators.check(name);
    const attempt = session.attempt(async () => ({ reason: await readProblem(check) }));
    const { status, reason, message } = (await attempt.withTimeout(this.timeout * 1000))[name]!;
    const problem = this.clean(status === 'up' ? reason : message);
    this.logChange(check, problem);
    if (problem === undefined) return session.up();
    const details = { reason: problem, ...(settings ? { settings: [...settings] } : {}) };
    return kind === 'degraded' ? session.degraded(details) : session.down(details);
  }

  /** A reason may contain text from an outside system. */
  private clean(reason: unknown): string | undefined {
    if (typeof reason !== 'string') return undefined;
    return this.redactor.text(reason).replace(/\s+/g, ' ').slice(0, MAX_REASON_LENGTH);
  }

  /** Only changes are logged, because probes arrive every few seconds. */
  private logChange({ name, settings }: HealthCheck, reason: string | undefined): void {
    const form = reason?.replace(/\d+/g, ({ length }) => '0'.repeat(length));
    if (this.lastReasons.get(name) === form) return;
    if (reason === undefined || form === undefined) {
      this.lastReasons.delete(name);
      this.logger.log({ check: name }, 'health check passes again');
      return;
    }
    this.lastReasons.set(name, form);
    this.logger.warn({ check: name, reason, settings }, 'health check failed');
  }
}

async function readProblem(check: HealthCheck): Promise<string | undefined> {
  try {
    return await check.check();
  } catch (error) {
    // The message of an error may contain secrets or addresses, so only its name is shown.
    return error instanceof Error ? error.name : 'failed';
  }
}
