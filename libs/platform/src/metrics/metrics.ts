import { setTimeout as wait } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { SystemClock } from '../time/system-clock.js';
import { cacheFor } from './cache.js';

type Labels = Record<string, string>;
type Instrument = Counter | Gauge | Histogram;

export interface MetricDefinition {
  type: 'counter' | 'gauge' | 'histogram';
  help: string;
  labels?: readonly string[];
}

export interface GaugeValue {
  value: number;
  labels?: Labels;
}

const PREFIX = 'bbb_';

/** Histogram buckets in seconds: from a quick query to a task that waited for hours. */
const BUCKETS = [0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600];

/** Maximum seconds for a read; a scrape must not fail because a database is slow. */
const MAX_READ_SECONDS = 2;

/** Seconds for which the values read for one scrape are reused for others. */
const MAX_AGE = 5;

/**
 * Counters, histograms and gauges of one application, in a registry of its own, so that several applications can run in
 * one process. A metric appears with its first use.
 */
@Injectable()
export class Metrics {
  readonly registry = new Registry();
  private catalogue: Readonly<Record<string, MetricDefinition>> = {};
  private readonly lastUses = new Map<string, number>();
  private readonly used = new Map<string, Instrument>();

  constructor(private readonly clock: SystemClock = new SystemClock()) {}

  /** Sets the catalogue of metrics. @returns itself */
  define(catalogue: Readonly<Record<string, MetricDefinition>>): this {
    this.catalogue = catalogue;
    return this;
  }

  /** @throws when the catalogue has no counter of this name with these labels; the other methods do the same */
  count(metric: string, labels: Labels = {}, by = 1): void {
    (this.use(metric, 'counter', labels) as Counter).inc(labels, by);
    if (by > 0) this.lastUses.set(metric, this.clock.now());
  }

  observe(metric: string, seconds: number, labels: Labels = {}): void {
    (this.use(metric, 'histogram', labels) as Histogram).observe(labels, seconds);
    this.lastUses.set(metric, this.clock.now());
  }

  set(metric: string, value: number, labels: Labels = {}): void {
    (this.use(metric, 'gauge', labels) as Gauge).set(labels, value);
  }

  /**
   * Reads gauges when metrics are scraped, at most once in a few seconds. Gauges that cannot be read are absent, so that no
   * scrape shows an old value.
   *
   * @param read the values of each gauge; a gauge of `metrics` without values is absent
   */
  collect<Name extends string>(
    metrics: readonly Name[],
    read: () => Promise<Partial<Record<Name, readonly GaugeValue[]>>>,
  ): void {
    const readInTime = () => Promise.race([read(), wait(MAX_READ_SECONDS * 1000, undefined, { ref: false })]);
    const readCached = cacheFor(MAX_AGE, () => readInTime().catch(() => undefined));
    for (const metric of metrics) {
      const gauge = this.use(metric, 'gauge') as Gauge;
      const hasLabels = this.catalogue[metric]?.labels !== undefined;
      Object.assign(gauge, {
        collect: async () => {
          const values = (await readCached())?.[metric] ?? [];
          gauge.reset();
          // A reset sets a gauge without labels to 0.
          if (values.length === 0 && !hasLabels) gauge.remove();
          for (const { value, labels = {} } of values) gauge.set(labels, value);
        },
      });
    }
  }

  /** When a counter last counted, or a histogram last observed, in epoch seconds; undefined when it never did. */
  readLastUse(metric: string): number | undefined {
    return this.lastUses.get(metric);
  }

  /** Adds metrics of the process itself: memory, processor, event loop. */
  collectProcess(): void {
    collectDefaultMetrics({ register: this.registry });
    // `build_info` already contains the version of Node.js.
    this.registry.removeSingleMetric('nodejs_version_info');
  }

  /** All metrics in the text format of Prometheus. */
  async renderText(): Promise<string> {
    return this.registry.metrics();
  }

  private use(metric: string, type: MetricDefinition['type'], labels?: Labels): Instrument {
    const definition = this.catalogue[metric];
    const labelNames = definition?.labels ?? [];
    if (definition?.type !== type || (labels && !haveNames(labels, labelNames))) {
      const given = Object.keys(labels ?? {}).sort();
      throw new Error(`the catalogue has no ${type} ${metric} with the labels [${given.join(', ')}]`);
    }
    const known = this.used.get(metric);
    if (known) return known;
    const shape = {
      name: PREFIX + metric,
      help: definition.help,
      labelNames: [...labelNames],
      registers: [this.registry],
    };
    const created = createInstrument(type, shape);
    this.used.set(metric, created);
    return created;
  }
}

/** Compared without sorting: every event counts several metrics. */
function haveNames(labels: Labels, names: readonly string[]): boolean {
  return Object.keys(labels).length === names.length && names.every((name) => Object.hasOwn(labels, name));
}

interface Shape {
  name: string;
  help: string;
  labelNames: string[];
  registers: Registry[];
}

function createInstrument(type: MetricDefinition['type'], shape: Shape): Instrument {
  if (type === 'counter') return new Counter(shape);
  return type === 'gauge' ? new Gauge(shape) : new Histogram({ ...shape, buckets: BUCKETS });
}
