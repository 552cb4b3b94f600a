import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { SchedulerDb } from '@bbb/scheduler-db';
import { SelfServe } from '@bbb/self-serve';
import { createDatabase } from '../../../test/support/databases.js';
import {
  installSchedulerSchema,
  openTestDatabase,
  schedulerVariants,
} from '../../../test/support/scheduler-schema.js';
import { BuilderList } from './builder-list.js';
import { LegacyBuildbot } from './legacy-buildbot.js';
import { describeBuildbotContract, type BuildbotHarness } from './testing/buildbot-contract.js';
import { SelfServeServer } from './testing/self-serve-server.js';
import { SqlMaster } from './testing/sql-master.js';

Logger.overrideLogger(false);

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
