/** Counts and durations of what the bridge does. Labels never carry a task or a builder: their number is unbounded. */
export abstract class Telemetry {
  abstract count(metric: string, labels?: Record<string, string>, by?: number): void;

  abstract observe(metric: string, seconds: number, labels?: Record<string, string>): void;

  abstract set(metric: string, value: number, labels?: Record<string, string>): void;
}
