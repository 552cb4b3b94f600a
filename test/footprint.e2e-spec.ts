import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, it } from '@jest/globals';
import { openBroker } from '../sandbox/broker.js';
import { findFreePort } from '../sandbox/services.js';
import { type DatabaseKind, describeDatabases } from './support/databases.js';
import { eventually } from './support/eventually.js';
import { listLoadedModules, findPackage } from './support/loaded-modules.js';
import { openSandbox } from './support/open-sandbox.js';
import { COMPILATION_LIMIT, compileProject } from './support/project.js';
import { migrate } from './support/sandboxed-bridge.js';
import { describeWhere, isReachable, SERVERS } from './support/servers.js';
import { ServiceProcess } from './support/service-process.js';
import { useUndo } from './support/undo.js';

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

/** As the image has it; supervisord and systemd start services with a further option for a small heap. */
const NODE_OPTIONS = '--max-semi-space-size=8';

describeWhere(isReachable('rabbitmq'))('what a service takes', () => {
  describeDatabases('with %s', (kind) => {
    const undo = useUndo();
    let folder: string;
    let configFile: string;

    beforeAll(async () => {
      const root = await compileProject();
      const sandbox = await openSandbox(undo, kind, { broker: openBroker(SERVERS.rabbitmq.url) });
      ({ folder } = sandbox.options);
      configFile = await sandbox.writeConfiguration({ tclistener: 1, bblistener: 1, reflector: 1 });
      if (kind !== 'sqlite') await migrate(root, configFile);
    }, COMPILATION_LIMIT);
    afterEach(() => ServiceProcess.killAll());

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
