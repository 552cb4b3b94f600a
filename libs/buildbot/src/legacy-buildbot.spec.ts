import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Buildbot, type BuildOrder } from '@bbb/bridge';
import { SchedulerDb } from '@bbb/scheduler-db';
import { SelfServe } from '@bbb/self-serve';
import { createDatabase, type TestDatabase } from '../../../test/support/databases.js';
import {
  installSchedulerSchema,
  openTestDatabase,
  schedulerVariants,
} from '../../../test/support/scheduler-schema.js';
import { BuilderList } from './builder-list.js';
import { BuildbotModule } from './buildbot.module.js';
import { LegacyBuildbot } from './legacy-buildbot.js';
import { describeBuildbotContract, type BuildbotHarness } from './testing/buildbot-contract.js';
import { SelfServeServer } from './testing/self-serve-server.js';
import { SqlMaster } from './testing/sql-master.js';

Logger.overrideLogger(false);

const ORDER: BuildOrder = {
  taskId: 'f3DnZ0QnQqWl0cH1Cq9vLw',
  createdForRunId: 0,
  submittedAt: 1494586000,
  buildername: 'b',
  branch: null,
  revision: null,
  repository: '',
  project: '',
  properties: {},
  priority: 0,
};

for (const [kind, version, engine] of schedulerVariants()) {
  describeBuildbotContract(
    `legacy on ${kind}, schema ${version} ${engine}`,
    async (): Promise<BuildbotHarness> => {
      const database = await createDatabase(kind);
      await installSchedulerSchema(database, version, engine ? { engine } : {});
      const rows = await openTestDatabase(database);
      const master = new SqlMaster(rows, version);
      const server = new SelfServeServer();
      const url = await server.start();
      const folder = await mkdtemp(join(tmpdir(), 'bbb-builders-'));
      const list = join(folder, 'allthethings.json');
      await writeFile(list, JSON.stringify({ builders: { 'Linux x86-64 mozilla-central build': {} } }));
      const opened: SchedulerDb[] = [];
      let settled = 0;

      return {
        master,
        builders: { known: 'Linux x86-64 mozilla-central build', unknown: 'Amiga build' },
        connect: () => {
          const schedulerDb = new SchedulerDb({ url: database.url, poolSize: 3, connectTimeout: 5 });
          opened.push(schedulerDb);
          return new LegacyBuildbot(
            schedulerDb,
            new SelfServe({ url, user: 'bridge', timeout: 5 }),
            new BuilderList({ url: list, refresh: 300, timeout: 5 }),
          );
        },
        cancellations: () => server.asked.map((cancellation) => ({ ...cancellation })),
        settleCancellations: async () => {
          for (; settled < server.asked.length; settled++) {
            const asked = server.asked[settled]!;
            if ('requestId' in asked) {
              await master.complete(asked.requestId, 2);
              continue;
            }
            const [row] = await rows.query(`SELECT brid FROM builds WHERE id = ${asked.buildId}`);
            await master.finish(Number(row.brid), 6);
          }
        },
        dispose: async () => {
          await Promise.all(opened.map((schedulerDb) => schedulerDb.close()));
          await server.stop();
          await rows.destroy();
          await database.drop();
          await rm(folder, { recursive: true });
        },
      };
    },
  );
}

it('does not have another build stopped in the place of one that died with its master', async () => {
  const database = await createDatabase('sqlite');
  await installSchedulerSchema(database, 6);
  const rows = await openTestDatabase(database);
  const server = new SelfServeServer();
  const schedulerDb = new SchedulerDb({ url: database.url, poolSize: 3, connectTimeout: 5 });
  const buildbot = new LegacyBuildbot(
    schedulerDb,
    new SelfServe({ url: await server.start(), user: 'bridge', timeout: 5 }),
    new BuilderList({ refresh: 300, timeout: 5 }),
  );
  try {
    const master = new SqlMaster(rows, 6);
    const order = { ...ORDER, branch: 'projects/ash' };
    const dead = (await buildbot.create(order, async () => true))!;
    const stranger = (await buildbot.create({ ...order, createdForRunId: 1 }, async () => true))!;
    const { number } = await master.start(dead);
    const request = (await buildbot.snapshots([dead])).get(dead)!;
    await buildbot.cancel(request);
    expect(server.asked).toHaveLength(1);

    await master.claim(stranger);
    await rows.query(
      `INSERT INTO builds (number, brid, start_time) VALUES (${number}, ${stranger}, 1494586900)`,
    );
    await buildbot.cancel(request);
    expect(server.asked).toHaveLength(1);
  } finally {
    await schedulerDb.close();
    await server.stop();
    await rows.destroy();
    await database.drop();
  }
});

describe('BuildbotModule', () => {
  let database: TestDatabase;
  afterEach(() => database.drop());

  it('provides a Buildbot, which refuses to cancel what Self Serve cannot find', async () => {
    database = await createDatabase('sqlite');
    await installSchedulerSchema(database, 6);
    const module = await Test.createTestingModule({
      imports: [
        BuildbotModule.register({
          schedulerDb: { url: database.url, poolSize: 3, connectTimeout: 5 },
          selfServe: { url: 'http://127.0.0.1:1/self-serve', user: 'bridge', timeout: 5 },
          builders: { refresh: 300, timeout: 5 },
        }),
      ],
    }).compile();
    await module.init();
    const buildbot = module.get(Buildbot);
    expect(await buildbot.knows('anything')).toBe('unchecked');

    const id = await buildbot.create(ORDER, async () => true);
    const request = (await buildbot.snapshots([id!])).get(id!)!;
    expect(request.branch).toBeNull();
    await expect(buildbot.cancel(request)).rejects.toMatchObject({ name: 'Refused', code: 'NoBranch' });
    await expect(module.get(SelfServe).cancelRequest('b', 1)).rejects.toMatchObject({ name: 'Unavailable' });
    await module.close();
  });
});
