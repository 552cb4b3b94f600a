import 'reflect-metadata';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { Logger } from '@nestjs/common';
import { readOptionsGiven } from '../test/support/command-line.js';
import { ProgressLine } from '../libs/commands/src/output/progress-line.js';
import { type Comparison, openOther, type Other, renderRatiosInTurn } from './against.js';
import { type Figures, computeMedian, type Report } from './figures.js';
import { type BenchOptions, readOptions, USAGE } from './options.js';
import { MODERN_SCENARIOS, SCENARIOS } from './scenarios/index.js';
import { type Ceilings, renderRatios, renderTable } from './table.js';
import { Stage } from './systems/stage.js';

/** Measures each scenario with each latency; every run has its own databases, queues and services. */
async function measureAll(options: BenchOptions): Promise<Report> {
  const { database, schema, runs: wanted, json } = options;
  const [processor] = cpus();
  const report: Report = {
    at: new Date().toISOString(),
    machine: `${cpus().length} x ${processor?.model.trim()}, node ${process.version}`,
    database,
    schema,
    results: [],
  };
  const progress = new ProgressLine();
  const total = options.scenarios.length * options.latencies.length * wanted;
  let done = 0;
  for (const scenario of options.scenarios) {
    for (const latency of options.latencies) {
      const runs: Figures[] = [];
      while (runs.length < wanted) {
        progress.show(done, total, `${scenario}, ${latency} ms, run ${runs.length + 1} of ${wanted}`);
        runs.push(await measureOnce(scenario, latency, options));
        done++;
      }
      const result = { scenario, latency, runs, median: computeMedian(runs) };
      report.results.push(result);
      const ceilings = await measureCeilings(latency, options, (what) => progress.show(done, total, what));
      progress.erase();
      process.stdout.write(`${renderTable({ results: [result] }, ceilings)}\n`);
      if (json) writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
    }
  }
  return report;
}

/** Measures something else and this checkout in turn, so that other load on the machine affects both. */
async function compareWith(against: string, options: BenchOptions): Promise<void> {
  const progress = new ProgressLine();
  const total = options.scenarios.length * options.latencies.length * options.runs * 2;
  let done = 0;
  progress.show(done, total, `preparing ${against}`);
  const other = await openOther(against);
  const own: Pick<Other, 'folder' | 'env'> = { folder: '.', env: {} };
  const sides = against.includes('=') ? { sides: `without / with ${against}` } : {};
  const comparisons: Comparison[] = [];
  try {
    for (const scenario of options.scenarios) {
      for (const latency of options.latencies) {
        const comparison: Comparison = { scenario, ...sides, latency, older: [], newer: [] };
        comparisons.push(comparison);
        for (let run = 1; run <= options.runs; run++) {
          for (const [name, side] of [
            ['older', other],
            ['newer', own],
          ] as const) {
            progress.show(
              done++,
              total,
              `${scenario}, ${latency} ms, run ${run} of ${options.runs}, ${name}`,
            );
            comparison[name].push(await measureOnce(scenario, latency, options, side));
          }
        }
        const ceilings = await measureCeilings(latency, options, (what) => progress.show(done, total, what));
        progress.erase();
        process.stdout.write(`${renderRatiosInTurn(comparison, ceilings)}\n`);
        if (options.json)
          writeFileSync(options.json, `${JSON.stringify({ against, comparisons }, null, 2)}\n`);
      }
    }
  } finally {
    await other.remove();
  }
}

const ceilingsByLatency = new Map<number, Ceilings>();

/** What the bench itself carries; empty unless the options ask for it. */
async function measureCeilings(
  latency: number,
  options: BenchOptions,
  show: (what: string) => void,
): Promise<Ceilings> {
  if (!options.ceiling) return {};
  const known = ceilingsByLatency.get(latency);
  if (known) return known;
  show(`ceiling, ${latency} ms`);
  const figures = await measureOnce('ceiling', latency, options);
  const ceilings = Object.fromEntries(
    Object.entries(figures).map(([name, rate]) => [name.replace(' events/s', ''), rate]),
  );
  ceilingsByLatency.set(latency, ceilings);
  return ceilings;
}

async function measureOnce(
  scenario: string,
  latency: number,
  options: BenchOptions,
  { folder: project, env }: Pick<Other, 'folder' | 'env'> = { folder: '.', env: {} },
): Promise<Figures> {
  const stage = await Stage.open({ ...options, latency, project, env });
  try {
    return await (options.buildbot === 'legacy' ? SCENARIOS : MODERN_SCENARIOS)[scenario]!(stage, options);
  } finally {
    await stage.close();
  }
}

Logger.overrideLogger(false);
const options = readOptionsGiven(readOptions, USAGE);
if (options && 'compare' in options) {
  const [older, newer] = options.compare.map((file) => JSON.parse(readFileSync(file, 'utf8')) as Report);
  process.stdout.write(renderRatios(older!, newer!));
} else if (options?.against) await compareWith(options.against, options);
else if (options) await measureAll(options);
