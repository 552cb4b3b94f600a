import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { compileProject } from './project.js';

/** Events of a scenario, and tracked rows of a pass. */
const EVENTS = 300;
export const TRACKED = 2000;

/** Milliseconds for a hook that measures; the bench itself is given a little less. */
export const COSTS_LIMIT = 300_000;

export type Figures = Readonly<Record<string, number>>;

/**
 * Counts what events and passes cost in round trips, by the bench.
 *
 * @param options of `npm run bench`, besides amounts
 * @returns figures by scenario
 */
export async function countCosts(options: readonly string[]): Promise<Map<string, Figures>> {
  const folder = await mkdtemp(join(tmpdir(), 'bbb-test-costs-'));
  try {
    const json = join(folder, 'figures.json');
    const project = await compileProject();
    const amounts = { runs: 1, latency: 5, events: EVENTS, tracked: TRACKED };
    const words = Object.entries(amounts).flatMap(([name, amount]) => [`--${name}`, String(amount)]);
    await promisify(execFile)(
      process.execPath,
      [join(project, 'dist', 'bench', 'main.js'), ...options, '--json', json, ...words],
      { cwd: project, timeout: COSTS_LIMIT - 20_000 },
    );
    const { results } = JSON.parse(await readFile(json, 'utf8')) as {
      results: { scenario: string; median: Figures }[];
    };
    return new Map(results.map(({ scenario, median }) => [scenario, median]));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
