import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { openBroker } from '../sandbox/broker.js';
import { findFreePort } from '../sandbox/services.js';
import { Sandbox } from '../sandbox/sandbox.js';
import {
  createDatabase,
  type DatabaseKind,
  describeDatabases,
  type TestDatabase,
} from './support/databases.js';
import { eventually } from './support/eventually.js';
import { listLoadedModules, findPackage } from './support/loaded-modules.js';
import { COMPILATION_LIMIT, compileProject } from './support/project.js';
import { migrate } from './support/sandboxed-bridge.js';
import { describeWhere, isReachable, SERVERS } from './support/servers.js';
import { ServiceProcess } from './support/service-process.js';

const SERVICES = ['tc-listener', 'bb-listener', 'reflector'] as const;

/** Packages that only one kind of database needs. */
const DRIVERS: Record<DatabaseKind, string> = { sqlite: 'libsql', mysql: 'mysql2', postgres: 'pg' };

/** What packages bring along and a service has no use for. */
const NEEDLESS = [
  'got',
  'lodash',
  'multer',
  'busboy',
  'typescript',
  'jest',
  '@nestjs/testing',
  '@nestjs/cli',
];

/** At most; a service has some fewer, so that new versions of packages may bring some more. */
const MODULES = 1850;
const PACKAGES = 140;

/**
 * Megabytes that a waiting service may have resident. On Node 20 it has 87 to 93 on a quiet machine and up to 109 on a busy
 * one, where it collects its garbage later; on later versions some ten more.
 */
const WAITING = process.versions.node.startsWith('20.') ? 125 : 140;

/** Milliseconds for the slowest test; on a quiet machine it takes 10 s. */
const PATIENCE = 120_000;

/** As the image and all definitions in deploy/ have it. */
const NODE_OPTIONS = '--max-semi-space-size=2';

describeWhere(isReachable('rabbitmq'))('what a service takes', () => {
  describeDatabases('with %s', (kind) => {
    let folder: string;
    let databases: TestDatabase[];
    let sandbox: Sandbox;
    let configFile: string;

    beforeAll(async () => {
      const root = await compileProject();
      folder = await mkdtemp(join(tmpdir(), 'bbb-test-footprint-'));
      databases = [await createDatabase(kind), await createDatabase(kind)];
      const [schedulerDb, bridgeDb] = databases.map(({ url }) => url) as [string, string];
      const broker = openBroker(SERVERS.rabbitmq.url);
      sandbox = await Sandbox.start({ folder, seed: 1, schema: 6, schedulerDb, bridgeDb, broker });
      configFile = await sandbox.writeConfiguration({ tclistener: 1, bblistener: 1, reflector: 1 });
      if (kind !== 'sqlite') await migrate(root, configFile);
    }, COMPILATION_LIMIT);
    afterEach(() => ServiceProcess.killAll());
    afterAll(async () => {
      await sandbox?.stop();
      for (const database of databases ?? []) await database.drop();
      await rm(folder, { recursive: true, force: true });
    });

    async function start(service: string, env: Record<string, string> = {}): Promise<ServiceProcess> {
      const port = await findFreePort();
      const main = join(await compileProject(), 'dist', 'apps', service, 'src', 'main.js');
      const started = ServiceProcess.start([process.execPath, main, '-c', configFile], {
        env: { BBB_HTTP_PORT: String(port), NODE_OPTIONS, ...env },
        port,
      });
      await started.ready();
      return started;
    }

    // Which driver is loaded does not depend on the service.
    it.each(kind === 'sqlite' ? SERVICES : (['reflector'] as const))(
      '%s loads what it needs, and no more',
      async (name) => {
        const coverage = join(folder, `coverage-${name}`);
        const service = await start(name, { NODE_V8_COVERAGE: coverage });
        expect(await service.stop()).toBe(0);

        const modules = await listLoadedModules(coverage);
        const packages = new Set(modules.map(findPackage));
        expect(Object.values(DRIVERS).filter((driver) => packages.has(driver))).toEqual([DRIVERS[kind]]);
        expect(NEEDLESS.filter((needless) => packages.has(needless))).toEqual([]);
        expect(modules.filter((file) => /\/typeorm\/(cli|commands)/.test(file))).toEqual([]);
        expect(modules.length).toBeLessThan(MODULES);
        expect(packages.size).toBeLessThan(PACKAGES);
      },
      PATIENCE,
    );

    describeWhere(existsSync('/proc/self/status'))('on Linux', () => {
      it(
        `all three wait in ${WAITING} MB each`,
        async () => {
          const services = await Promise.all(SERVICES.map((name) => start(name)));
          await eventually(async () => {
            const megabytes = await Promise.all(services.map((service) => service.readResidentMegabytes()));
            expect(megabytes.filter((taken) => taken > WAITING)).toEqual([]);
          }, PATIENCE / 2000);
        },
        PATIENCE,
      );
    });
  });
});
