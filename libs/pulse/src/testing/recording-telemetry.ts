import { Telemetry } from '@bbb/rules';

/** Remembers what was counted and set. */
export class RecordingTelemetry extends Telemetry {
  readonly gauges = new Map<string, number>();
  private readonly counts = new Map<string, number>();

  override count(metric: string, labels: Record<string, string> = {}, by = 1): void {
    const key = keyOf(metric, labels);
    this.counts.set(key, (this.counts.get(key) ?? 0) + by);
  }

  override observe(metric: string, _seconds: number, labels: Record<string, string> = {}): void {
    this.count(metric, labels);
  }

  override set(metric: string, value: number): void {
    this.gauges.set(metric, value);
  }

  counted(metric: string, labels: Record<string, string> = {}): number {
    return this.counts.get(keyOf(metric, labels)) ?? 0;
  }
}

function keyOf(metric: string, labels: Record<string, string>): string {
  return JSON.stringify([metric, Object.entries(labels).sort()]);
}
