import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

type Labels = Record<string, string>;

const PREFIX = 'bbb_';

/** Seconds: from a quick query to a task that waited for hours. */
const BUCKETS = [0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600];

/**
 * Counts, durations and levels of one application, in a registry of its own, so that several applications can live in
 * one process. A metric comes into being with its first use, and its label names are those of that use: whoever names
 * a metric must always give it the same labels.
 */
@Injectable()
export class Metrics {
  readonly registry = new Registry();
  private readonly counters = new Map<string, Counter>();
  private readonly histograms = new Map<string, Histogram>();
  private readonly gauges = new Map<string, Gauge>();

  count(metric: string, labels: Labels = {}, by = 1): void {
    const shape = this.shape(metric, labels);
    made(this.counters, shape.name, () => new Counter(shape)).inc(labels, by);
  }

  observe(metric: string, seconds: number, labels: Labels = {}): void {
    const shape = this.shape(metric, labels);
    made(this.histograms, shape.name, () => new Histogram({ ...shape, buckets: BUCKETS })).observe(
      labels,
      seconds,
    );
  }

  set(metric: string, value: number, labels: Labels = {}): void {
    const shape = this.shape(metric, labels);
    made(this.gauges, shape.name, () => new Gauge(shape)).set(labels, value);
  }

  /** Adds what is known of the process itself: memory, processor, event loop. */
  collectProcess(): void {
    collectDefaultMetrics({ register: this.registry });
    // Whoever may read metrics need not learn which version there is to attack.
    this.registry.removeSingleMetric('nodejs_version_info');
  }

  /** All metrics in the text format of Prometheus. */
  async text(): Promise<string> {
    return this.registry.metrics();
  }

  private shape(metric: string, labels: Labels) {
    const name = metric.startsWith(PREFIX) ? metric : PREFIX + metric;
    return { name, help: name, labelNames: Object.keys(labels), registers: [this.registry] };
  }
}

function made<T>(all: Map<string, T>, name: string, make: () => T): T {
  const known = all.get(name);
  if (known) return known;
  const created = make();
  all.set(name, created);
  return created;
}
