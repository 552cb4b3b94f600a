import { Telemetry } from '@bbb/rules';

/** Remembers what was counted and observed. */
export class RecordingTelemetry extends Telemetry {
  readonly counts = new Map<string, number>();
  readonly observations: { metric: string; seconds: number }[] = [];

  count(metric: string, labels: Record<string, string> = {}, by = 1): void {
    const key = [metric, ...Object.values(labels)].join(' ');
    this.counts.set(key, (this.counts.get(key) ?? 0) + by);
  }

  observe(metric: string, seconds: number): void {
    this.observations.push({ metric, seconds });
  }

  set(): void {}
}
