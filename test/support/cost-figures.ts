import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { compileProject } from './project.js';

/** Events of a scenario, and tracked rows of a pass. */
const EVENTS = 300;
export const TRACKED = 2000;

/** Each scenario waits most of the time: for a pass, or for answers that are late. */
const AT_A_TIME = 3;

/** Milliseconds for a hook that measures; the bench itself is given a little less. */
export const COSTS_LIMIT = 300_000;

export type Figures = Readonly<Record<string, number>>;

/**
 * Counts what events and passes cost in round trips, by the bench.
 *
 * @param option of `npm run bench`, besides scenarios and amounts
 * @returns figures by scenario
 */
export async function countCosts(scenarios: Iterable<string>, option: string): Promise<Map<string, Figures>> {
  const folder = await mkdtemp(join(tmpdir(), 'bbb-test-costs-'));
  try {
    const project = await compileProject();
    const figures = new Map<string, Figures>();
    const left = [...scenarios].values();
    const work = async () => {
      for (const scenario of left)
        figures.set(scenario, await measure(project, scenario, option, join(folder, `${scenario}.json`)));
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, work));
    return figures;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(project: string, scenario: string, option: string, json: string) {
  const amounts = { scenario, json, runs: 1, latency: 5, events: EVENTS, tracked: TRACKED };
  const words = Object.entries(amounts).flatMap(([name, value]) => [`--${name}`, String(value)]);
  await promisify(execFile)(process.execPath, [join(project, 'dist', 'bench', 'main.js'), option, ...words], {
    cwd: project,
    timeout: COSTS_LIMIT - 20_000,
  });
  const { results } = JSON.parse(await readFile(json, 'utf8')) as { results: { median: Figures }[] };
  return results[0]!.median;
}
