import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { CheckIndicator } from './check-indicator.js';
import { HEALTH_CHECKS, type HealthCheck } from './health-check.js';
import { Heartbeats } from './heartbeats.js';
import { Lifecycle } from './lifecycle.js';

/** The checks of a service: those of the process itself and those that its modules provide. */
@Injectable()
export class HealthChecks implements OnApplicationBootstrap {
  private provided: HealthCheck[] = [];

  constructor(
    private readonly moduleRef: ModuleRef,
    private readonly heartbeats: Heartbeats,
    private readonly lifecycle: Lifecycle,
    private readonly indicator: CheckIndicator,
  ) {}

  onApplicationBootstrap(): void {
    this.provided = this.readProvided();
  }

  /** Checks that the process and its loops make progress. */
  listLive(): HealthCheck[] {
    const loops = this.heartbeats.listNames().map((name): HealthCheck => {
      return { name, kind: 'live', check: async () => this.heartbeats.findProblem(name) };
    });
    return [...loops, ...this.provided.filter(({ kind }) => kind === 'live')];
  }

  /** Checks that the service can do its work, and the outside systems that it can wait for. */
  listReady(): HealthCheck[] {
    const service: HealthCheck = {
      name: 'service',
      kind: 'ready',
      check: async () => this.lifecycle.findProblem(),
    };
    return [service, ...this.provided.filter(({ kind }) => kind !== 'live')];
  }

  /** Runs all checks. @returns the reasons of those that fail, each after the name of its check */
  async findProblems(): Promise<string[]> {
    const checks = [...this.listLive(), ...this.listReady()];
    const results = await Promise.all(checks.map((check) => this.indicator.run(check)));
    return results.flatMap((result) =>
      Object.entries(result).flatMap(([name, { reason }]) =>
        typeof reason === 'string' ? [`${name}: ${reason}`] : [],
      ),
    );
  }

  private readProvided(): HealthCheck[] {
    try {
      return this.moduleRef.get<HealthCheck[]>(HEALTH_CHECKS, { strict: false, each: true }).flat();
    } catch {
      // An application without checks of its own.
      return [];
    }
  }
}
