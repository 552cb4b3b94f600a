import { Injectable } from '@nestjs/common';

/** Whether a service is starting, running or stopping; only a running one is ready. */
@Injectable()
export class Lifecycle {
  private phase: 'starting' | 'running' | 'stopping' = 'starting';

  markStarted(): void {
    if (this.phase === 'starting') this.phase = 'running';
  }

  markStopping(): void {
    this.phase = 'stopping';
  }

  /** @returns why the service takes no work; undefined while it does */
  findProblem(): string | undefined {
    return this.phase === 'running' ? undefined : this.phase;
  }
}
