import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { compileProject } from './support/project.js';
import { describeWhere, isReachable } from './support/servers.js';

const EVENTS = 300;
const TRACKED = 2000;

/** Calls of every pass, however many tasks are tracked: the end of the open requests, builders, health. */
const PASS = 4;

type Figures = Record<string, number>;

/** Calls are counted, not timed: a busy machine gathers more of what waits for it into one of them. */
describeWhere(isReachable('rabbitmq') && isReachable('mysql'))('REST calls to a modern Buildbot', () => {
  let folder: string;
  const figures = new Map<string, Figures>();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bbb-test-costs-'));
    const json = join(folder, 'figures.json');
    const project = await compileProject();
    const amounts = [
      '--runs',
      '1',
      '--latency',
      '5',
      '--events',
      String(EVENTS),
      '--tracked',
      String(TRACKED),
    ];
    await promisify(execFile)(
      process.execPath,
      [join(project, 'dist', 'bench', 'main.js'), '--buildbot', 'modern', '--json', json, ...amounts],
      { cwd: project, timeout: 280_000 },
    );
    const { results } = JSON.parse(await readFile(json, 'utf8')) as {
      results: { scenario: string; median: Figures }[];
    };
    for (const { scenario, median } of results) figures.set(scenario, median);
  }, 300_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each([
    // One creates; look-ups are shared by what comes at the same time.
    ['pending', 'rest/event', 1.2],
    ['started', 'rest/event', 0.2],
    // One reads the properties of the build.
    ['finished', 'rest/event', 1.2],
    // Two for 500 tracked tasks, their requests and their builds; one for 500 open requests, in search of orphans.
    ['pass-idle', 'rest/500 rows', 3 + (PASS * 500) / TRACKED],
    // The tasks that have become due are new in this pass, and their build sets are read once.
    ['pass-due', 'rest/500 rows', 4 + (PASS * 500) / TRACKED],
  ])('%s: %s is at most %d', (scenario, name, most) => {
    const { [name]: actual } = figures.get(scenario)!;
    expect(actual).toBeGreaterThan(0);
    expect(actual).toBeLessThanOrEqual(most);
  });
});
