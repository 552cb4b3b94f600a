import { Telemetry } from '@bbb/rules';

/** Remembers what was counted, observed and set. */
export class RecordingTelemetry extends Telemetry {
  /** By the metric's name and the values of its labels. */
  readonly counts = new Map<string, number>();
  readonly observations: { metric: string; seconds: number }[] = [];
  readonly gauges = new Map<string, number>();

  override count(metric: string, labels: Record<string, string> = {}, by = 1): void {
    const key = [metric, ...Object.values(labels)].join(' ');
    this.counts.set(key, (this.counts.get(key) ?? 0) + by);
  }

  override observe(metric: string, seconds: number): void {
    this.observations.push({ metric, seconds });
  }

  override set(metric: string, value: number): void {
    this.gauges.set(metric, value);
  }

  readCount(metric: string, labels: Record<string, string> = {}): number {
    return this.counts.get([metric, ...Object.values(labels)].join(' ')) ?? 0;
  }
}
