import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import type { Race, RaceResult } from './chaos/racer.js';
import { planCampaign } from './support/campaign.js';
import { createDatabase, type TestDatabase } from './support/databases.js';
import { COMPILATION_LIMIT, compileProject } from './support/project.js';
import { installSchedulerSchema, openTestDatabase } from './support/scheduler-schema.js';
import { describeSchedulerDbs } from './support/scheduler-dbs.js';
import { describeWhere, isReachable } from './support/servers.js';

const { runs: ORDERS, timeout } = planCampaign({ usual: 50, full: 300, each: 30 });
const PROCESSES = 2;
const CREATORS = 4;
const WITHDRAWERS = 1;
/** Milliseconds: a further process dies in the midst of it, and one stands still now and then. */
const DIES_AFTER = 300;
const HALTED_FOR = 50;
const RACERS = PROCESSES * CREATORS;
const RIVALS = PROCESSES * WITHDRAWERS;

let project: string;
beforeAll(async () => {
  project = await compileProject();
}, COMPILATION_LIMIT);

const children = new Set<ChildProcess>();
afterAll(() => children.forEach((child) => child.kill('SIGKILL')));

/** Orders of which two each are of one task and one second, and all of three seconds. */
const orders: Race['orders'] = Array.from({ length: ORDERS }, (_, order) => ({
  order,
  taskId: `Race${String(Math.floor(order / 2)).padStart(17, '0')}A`,
  createdForRunId: order % 2,
  scheduledAt: 1494586000 + (Math.floor(order / 2) % 3),
  buildername: 'Linux x86-64 oak build',
  branch: 'projects/oak',
  revision: null,
  repository: '',
  project: '',
  properties: { product: 'firefox' },
  priority: 1,
}));

async function started(race: Race): Promise<ChildProcess> {
  const file = join(project, 'dist', 'test', 'chaos', 'racer.js');
  const child = spawn(process.execPath, ['--enable-source-maps', file, JSON.stringify(race)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.add(child);
  await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`a racer ended with ${String(code)}`))),
  ]);
  return child;
}

/** SIGSTOP wherever it happens to be, and SIGCONT before anybody gives up waiting for its locks. */
function haltNowAndThen(racer: ChildProcess): NodeJS.Timeout {
  return setInterval(() => {
    racer.kill('SIGSTOP');
    setTimeout(() => racer.kill('SIGCONT'), HALTED_FOR);
  }, 5 * HALTED_FOR);
}

async function readResult(child: ChildProcess): Promise<RaceResult> {
  let text = '';
  child.stdout!.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await once(child, 'close');
  return JSON.parse(text) as RaceResult;
}

/** Of each race on a server. SQLite's single writer may let one side have its way by chance. */
const givenUp: number[] = [];

describeSchedulerDbs('racing processes on %s, schema %s%s', (kind, version, engine) => {
  let scheduler: TestDatabase;
  let bridge: TestDatabase;
  let rows: DataSource;
  let tracked: DataSource;

  beforeEach(async () => {
    scheduler = await createDatabase(kind);
    bridge = await createDatabase(kind);
    await installSchedulerSchema(scheduler, version, engine ? { engine } : {});
    rows = await openTestDatabase(scheduler);
    tracked = await openTestDatabase(bridge);
    await tracked.query('CREATE TABLE orders (id INTEGER PRIMARY KEY)');
    await tracked.query(`INSERT INTO orders VALUES ${orders.map(({ order }) => `(${order})`).join(', ')}`);
  });

  afterEach(async () => {
    await rows.destroy();
    await tracked.destroy();
    await scheduler.drop();
    await bridge.drop();
  });

  it(
    'make exactly one request of each order, and none of one that was given up',
    async () => {
      const race = {
        url: scheduler.url,
        ordersUrl: bridge.url,
        orders,
        creators: CREATORS,
        withdrawers: WITHDRAWERS,
        atOnce: 4,
      };
      const racers = await Promise.all(
        Array.from({ length: PROCESSES }, (_, index) => started({ ...race, backwards: index === 0 })),
      );
      const victim = await started({ ...race, backwards: false });
      const results = racers.map(readResult);
      for (const racer of [...racers, victim]) racer.stdin!.write('go\n');
      const harm = haltNowAndThen(racers[0]!);
      setTimeout(() => victim.kill('SIGKILL'), DIES_AFTER);
      const attempts = (await Promise.all(results)).flatMap((result) => result.attempts);
      clearInterval(harm);
      expect(attempts).toHaveLength(ORDERS * RACERS + Math.ceil(ORDERS / 2) * RIVALS);

      const found = await rows.query<{ id: number; task: string; run: string }[]>(
        `SELECT br.id AS id, bs.external_idstring AS task, p.property_value AS run
        FROM buildrequests br JOIN buildsets bs ON bs.id = br.buildsetid
        JOIN buildset_properties p ON p.buildsetid = bs.id AND p.property_name = 'createdForRunId'`,
      );
      const wanted = new Set(
        (await tracked.query<{ id: number }[]>('SELECT id FROM orders')).map(({ id }) => Number(id)),
      );
      const wrong = orders.flatMap(({ order, taskId, createdForRunId }) => {
        const requests = found
          .filter(({ task, run }) => task === `taskId:${taskId}` && run === `[${createdForRunId},"bbb"]`)
          .map(({ id }) => Number(id));
        const told = new Set(attempts.filter(([of]) => of === order).map(([, , request]) => request));
        // Given up: nobody made one. Else everybody was told of the same one.
        const right = wanted.has(order) ? requests.length === 1 : requests.length === 0;
        return right && told.size === 1 && told.has(requests[0] ?? null)
          ? []
          : [{ order, requests, told: [...told], wanted: wanted.has(order) }];
      });
      expect(wrong).toEqual([]);
      expect(found).toHaveLength(wanted.size);
      if (kind !== 'sqlite') givenUp.push(ORDERS - wanted.size);
    },
    timeout,
  );
});

describeWhere(isReachable('mysql') || isReachable('postgres'))('racing processes on a server', () => {
  it('win now and then on either side, or there was no race', () => {
    expect(Math.max(...givenUp)).toBeGreaterThan(0);
    expect(Math.min(...givenUp)).toBeLessThan(ORDERS / 2);
  });
});
