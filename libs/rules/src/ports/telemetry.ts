import type { CounterName, GaugeName, HistogramName } from './metrics.js';

/** Records what the bridge does, as the {@link METRICS} of the catalogue. Labels are those that the catalogue names. */
export abstract class Telemetry {
  abstract count(metric: CounterName, labels?: Record<string, string>, by?: number): void;

  abstract observe(metric: HistogramName, seconds: number, labels?: Record<string, string>): void;

  abstract set(metric: GaugeName, value: number, labels?: Record<string, string>): void;
}
