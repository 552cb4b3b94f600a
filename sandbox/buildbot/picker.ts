import { isUniqueViolation } from '@bbb/sql';
import type { Build } from './build.js';
import { mergedWith } from './merging.js';
import type { BuilderSetting, BuildPlan, PlannedRequest } from './plan.js';
import { retireCancelled } from './scheduler/builds.js';
import type { Claims, MasterIdentity } from './scheduler/claims.js';
import type { SchedulerConnection, Statements } from './scheduler/connection.js';
import { loadRequests, Poison, type LoadedRequest } from './scheduler/requests.js';
import type { SchedulerSchema } from './scheduler/schema.js';

/** A builder that cannot build anything, because of one row that Buildbot's code cannot read. */
export interface BlockedBuilder {
  buildername: string;
  brid: number;
  why: string;
}

/** Finds a builder's next work and claims it. */
export class Picker {
  private readonly blocked = new Map<string, BlockedBuilder>();
  private readonly attempts = new Map<number, number>();
  private readonly plans = new Map<string, BuildPlan>();
  private readonly notBefore = new Map<number, number>();

  constructor(
    private readonly connection: SchedulerConnection,
    private readonly schema: SchedulerSchema,
    private readonly claims: Claims,
    private readonly plan: (request: PlannedRequest) => BuildPlan,
  ) {}

  get blockedBuilders(): BlockedBuilder[] {
    return [...this.blocked.values()];
  }

  /** Leaves a request alone until then, as the pause between a build that ended in RETRY and the next one. */
  postpone(brids: readonly number[], until: number): void {
    for (const brid of brids) this.notBefore.set(brid, until);
  }

  /** Gives up claims that nobody reclaims. */
  expireClaims(now: number): Promise<void> {
    return this.connection.transaction((statements) => this.claims.expire(statements, now));
  }

  /** Claims work for one worker. @returns undefined when there is nothing to do, or another master was faster */
  async pick(
    builder: BuilderSetting,
    worker: string,
    master: MasterIdentity,
    now: number,
  ): Promise<Build | undefined> {
    try {
      const picked = await this.connection.transaction((statements) =>
        this.pickIn(statements, builder, worker, master, now),
      );
      this.blocked.delete(builder.name);
      for (const { brid, builds } of picked?.requests ?? []) {
        this.attempts.set(brid, Math.max(this.attempts.get(brid) ?? 0, builds) + 1);
      }
      return picked;
    } catch (error) {
      if (isUniqueViolation(error)) return undefined;
      if (!(error instanceof Poison)) throw error;
      this.blocked.set(builder.name, { buildername: builder.name, brid: error.brid, why: error.message });
      return undefined;
    }
  }

  private async pickIn(
    statements: Statements,
    builder: BuilderSetting,
    worker: string,
    master: MasterIdentity,
    now: number,
  ): Promise<Build | undefined> {
    const ids = await this.claims.unclaimed(statements, builder.name, master, now);
    // Every unclaimed request is loaded, the postponed ones too: one that cannot be read blocks the builder.
    const loaded = await loadRequests(
      statements,
      this.schema,
      ids.map(({ id }) => id),
    );
    const waiting = loaded.filter(({ brid }) => (this.notBefore.get(brid) ?? 0) <= now);
    const open: LoadedRequest[] = [];
    for (const request of waiting) {
      if (this.planOf(builder, request).cancel !== 'pending') open.push(request);
      else await retireCancelled(statements, this.claims, request, master, now);
    }
    if (open.length === 0) return undefined;
    const first = builder.nextBuild ? builder.nextBuild(open) : open[0];
    if (!first) return undefined;

    const requests = mergedWith(first, open, builder);
    await this.claims.claim(
      statements,
      requests.map(({ brid }) => brid),
      master,
      now,
    );
    return {
      builder,
      requests,
      plan: this.planOf(builder, first),
      worker,
      claimedAt: now,
      reclaimedAt: now,
      phase: 'claimed',
      number: -1,
      rowIds: [],
      startedAt: 0,
      endedAt: 0,
      results: 0,
      stopped: false,
      released: false,
    };
  }

  /** Asked once per request and attempt, however often the picking is repeated. */
  private planOf(builder: BuilderSetting, request: LoadedRequest): BuildPlan {
    const attempt = Math.max(this.attempts.get(request.brid) ?? 0, request.builds);
    const key = `${request.brid} ${attempt}`;
    const plan = this.plans.get(key) ?? this.plan({ ...request, buildername: builder.name, attempt });
    this.plans.set(key, plan);
    return plan;
  }
}
