import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import type { JsonValue } from '@bbb/rules';
import { openBroker } from '../../sandbox/broker.js';
import { findFreePort } from '../../sandbox/services.js';
import { Sandbox } from '../../sandbox/sandbox.js';
import { COMPILATION_LIMIT, compileProject } from './project.js';
import { SERVERS } from './servers.js';
import { ServiceProcess } from './service-process.js';

export interface ServiceSandbox {
  folder: string;
  sandbox: Sandbox;
  /** Writes a configuration file, with these changes at its top level. */
  configure(changes?: Record<string, JsonValue>): Promise<string>;
}

/**
 * Starts a compiled service as a process of its own, with its command as in the containers.
 *
 * @param root the folder of the compiled files; default this checkout's
 */
export async function startServiceProcess(
  service: string,
  configFile: string,
  env: Record<string, string> = {},
  cwd?: string,
  root?: string,
): Promise<ServiceProcess> {
  const port = await findFreePort();
  const main = join(root ?? (await compileProject()), 'dist', 'apps', service, 'src', 'main.js');
  return ServiceProcess.start([process.execPath, main, '-c', configFile], {
    cwd,
    env: { ...env, BBB_HTTP_PORT: String(port) },
    port,
  });
}

/**
 * For the tests of one file: the compiled project, and a sandbox on a real RabbitMQ and SQLite files. Service processes
 * are killed after each test.
 */
export function useServiceSandbox(): ServiceSandbox {
  const current = {
    configure: (changes) =>
      current.sandbox.writeConfiguration({ tclistener: 1, bblistener: 1, reflector: 1 }, changes),
  } as ServiceSandbox;
  beforeAll(async () => {
    await compileProject();
    const folder = await mkdtemp(join(tmpdir(), 'bbb-test-services-'));
    current.folder = folder;
    current.sandbox = await Sandbox.start({
      folder,
      seed: 1,
      schema: 6,
      schedulerDb: `sqlite:///${join(folder, 'scheduler.sqlite')}`,
      bridgeDb: `sqlite:///${join(folder, 'bridge.sqlite')}`,
      broker: openBroker(SERVERS.rabbitmq.url),
    });
  }, COMPILATION_LIMIT);
  afterEach(() => ServiceProcess.killAll());
  afterAll(async () => {
    await current.sandbox?.stop();
    await rm(current.folder, { recursive: true, force: true });
  });
  return current;
}
