import { afterEach, beforeEach } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { BuildbotMasters } from '../buildbot-masters.js';
import type { BuildbotMastersOptions } from '../options.js';
import { Tables } from './tables.js';

/** The master of the test that runs. */
export interface MasterOfTest {
  tables: Tables;
  /** Connects as services do unless `changes` say otherwise; the connection is closed when the test has ended. */
  connect(changes?: Partial<BuildbotMastersOptions>): BuildbotMasters;
}

/** Gives each test a master of its own. Nothing is logged. */
export function useMaster(): MasterOfTest {
  const opened: BuildbotMasters[] = [];
  const current = {
    connect: (changes: Partial<BuildbotMastersOptions> = {}) => {
      const made = new BuildbotMasters({
        ...{ url: current.tables.master.url, masters: {}, user: 'bridge', password: 'secret' },
        ...{ scheduler: 'bridge', timeout: 30, maxConnections: 4 },
        ...changes,
      });
      opened.push(made);
      return made;
    },
  } as MasterOfTest;
  Logger.overrideLogger(false);
  beforeEach(async () => {
    current.tables = await Tables.start();
  });
  afterEach(async () => {
    for (const masters of opened.splice(0)) masters.onApplicationShutdown();
    await current.tables.master.close();
  });
  return current;
}
