import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { isFull } from './support/campaign.js';
import { compileProject } from './support/project.js';
import { pickShare } from './support/campaign.js';
import { describeEach, isReachable } from './support/servers.js';

/** The campaigns count on all databases. */
const DATABASES: readonly ('mysql' | 'postgres')[] = isFull ? ['mysql', 'postgres'] : ['mysql'];

const EVENTS = 300;
const TRACKED = 2000;

/** Statements of every pass, however many tasks are tracked; seven of them are about mass absence and readiness, one about pauses. */
const PASS = 14;

type Figures = Record<string, number>;

const isPossible = (database: 'mysql' | 'postgres') => isReachable('rabbitmq') && isReachable(database);

/** Round trips are counted, not timed: a busy machine gathers more of what waits for it into one of them. */
describeEach(pickShare(DATABASES, DATABASES.length), isPossible)('round trips on %s', (database) => {
  let folder: string;
  const figures = new Map<string, Figures>();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bbb-test-costs-'));
    const json = join(folder, 'figures.json');
    const project = await compileProject();
    const options = [
      '--runs',
      '1',
      '--latency',
      '5',
      '--events',
      String(EVENTS),
      '--tracked',
      String(TRACKED),
    ];
    const scenarios = 'pending,started,finished,pass-due,pass-idle';
    await promisify(execFile)(
      process.execPath,
      [
        join(project, 'dist', 'bench', 'main.js'),
        ...['--scenario', scenarios, '--database', database, '--json', json, ...options],
      ],
      { cwd: project, timeout: 280_000 },
    );
    const { results } = JSON.parse(await readFile(json, 'utf8')) as {
      results: { scenario: string; median: Figures }[];
    };
    for (const { scenario, median } of results) figures.set(scenario, median);
  }, 300_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** On its own a pending task would cost six statements in the bridge's database, and two or four in the scheduler's. */
  const bounds: [string, string, number][] = [
    ['pending', 'http/event', 1],
    ['pending', 'bridge sql/event', 1.5],
    ['pending', 'scheduler sql/event', database === 'mysql' ? 1 : 2],
    // The run's status is read for all events of a moment in one call.
    ['started', 'http/event', 1.2],
    ['started', 'bridge sql/event', 1],
    ['started', 'scheduler sql/event', 0.5],
    // An artifact gets its name when its content is complete: a call more than uploading it under that name.
    ['finished', 'http/event', 5.2],
    ['finished', 'bridge sql/event', 1],
    ['finished', 'scheduler sql/event', 0.5],
    ['pass-due', 'http/due', 2.1],
    // A busy machine takes longer, so that fewer reclaims come up together; each on its own would be 100 of them.
    ['pass-due', 'sql/500 rows', 8 + (PASS * 500) / TRACKED],
    ['pass-idle', 'sql/500 rows', 1.5 + (PASS * 500) / TRACKED],
  ];

  it.each(bounds)('%s: %s is at most %d', (scenario, name, most) => {
    const { [name]: actual } = figures.get(scenario)!;
    // A hundredth for what a service does besides, such as looking for parked messages.
    expect(actual).toBeGreaterThan(0);
    expect(actual).toBeLessThanOrEqual(most * 1.01 + 0.05);
  });
});
