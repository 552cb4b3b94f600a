import { Refused, type RunRef, Unavailable } from '@bbb/rules';
import { SYSTEM } from './calls/answers.js';
import type { Budget } from './calls/attempts.js';
import { type Credentials, fitsHeader } from './calls/hawk.js';
import type { TaskclusterCalls } from './calls/taskcluster-calls.js';

/** What to do when the bridge's own credentials do not suffice either. */
export const TOO_LONG =
  'the scopes of the task are too long for the credentials of its run; shorten them, or give the bridge the scopes of docs/least-privilege.md for such tasks';

/** Milliseconds for which the bridge's scopes are kept. */
const PAUSE = 60_000;

/** Milliseconds for which a task is reported in health after it was last seen. */
const REPORTED = 600_000;

/** Tasks whose scopes make the credentials of their runs too long for a header, and the bridge's scopes for them. */
export class ScopeCheck {
  private own: { scopes: readonly string[] | undefined; readAt: number } | undefined;
  /** When each task was last found not to be acted on. */
  private readonly stuck = new Map<string, number>();

  constructor(
    private readonly calls: TaskclusterCalls,
    private readonly worker: { workerGroup: string; workerId: string },
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** @throws Refused 403 when the credentials of the run would be too long, and the bridge's own lack the scopes */
  async check(run: RunRef, scopes: readonly string[], budget: Budget): Promise<void> {
    const needed = ['reclaim-task', 'resolve-task', 'create-artifact'].map(
      (act) => `queue:${act}:${run.taskId}/${run.runId}`,
    );
    if (fitsHeader(this.estimate(run, [...needed, ...scopes]))) return;
    const own = await this.readOwn(budget);
    const missing = own === undefined ? [] : needed.filter((scope) => !own.some((one) => covers(one, scope)));
    if (missing.length === 0) return void this.stuck.delete(run.taskId);
    this.stuck.set(run.taskId, this.now());
    throw new Refused(SYSTEM, 403, 'InsufficientScopes', `${TOO_LONG}; missing: ${missing.join(', ')}`);
  }

  /** The tasks that cannot be acted on, with the remedy; undefined when there are none. */
  findProblem(): string | undefined {
    for (const [taskId, at] of this.stuck) if (this.now() - at > REPORTED) this.stuck.delete(taskId);
    const [first] = this.stuck.keys();
    if (first === undefined) return undefined;
    const others = this.stuck.size > 1 ? ` and ${this.stuck.size - 1} others` : '';
    return `task ${first}${others} not started: ${TOO_LONG}`;
  }

  /** Credentials as the queue makes them for a claimed run (services/queue/src/task-creds.js, version 106). */
  private estimate({ taskId, runId }: RunRef, scopes: readonly string[]): Credentials {
    const { workerGroup, workerId } = this.worker;
    const random = 'x'.repeat(44);
    const times = { start: Date.now(), expiry: Date.now() };
    const issued = { seed: random, signature: random, issuer: 'static/taskcluster/queue' };
    return {
      clientId: `task-client/${taskId}/${runId}/on/${workerGroup}/${workerId}/until/${Date.now() / 1000}`,
      accessToken: random,
      certificate: JSON.stringify({ version: 1, scopes, ...times, ...issued }),
    };
  }

  /** The bridge's scopes with those of its roles; undefined when Taskcluster does not say. */
  private async readOwn(budget: Budget): Promise<readonly string[] | undefined> {
    if (this.own && this.now() - this.own.readAt < PAUSE) return this.own.scopes;
    const scopes = await this.askForOwn(budget);
    this.own = { scopes, readAt: this.now() };
    return scopes;
  }

  private async askForOwn(budget: Budget): Promise<readonly string[] | undefined> {
    try {
      const call = { service: 'auth', method: 'currentScopes', params: [] } as const;
      const { scopes } = ((await this.calls.call(call, { budget, isOptional: true })) ?? {}) as {
        scopes?: unknown;
      };
      return Array.isArray(scopes) ? scopes.filter((scope) => typeof scope === 'string') : undefined;
    } catch (error) {
      if (error instanceof Refused || error instanceof Unavailable) return undefined;
      throw error;
    }
  }
}

/** A scope that ends in `*` covers everything that it is a prefix of. */
function covers(scope: string, needed: string): boolean {
  return scope === needed || (scope.endsWith('*') && needed.startsWith(scope.slice(0, -1)));
}
