import { join } from 'node:path';
import { afterEach, beforeAll } from '@jest/globals';
import type { JsonValue } from '@bbb/rules';
import { openBroker } from '../../sandbox/broker.js';
import { findFreePort } from '../../sandbox/services.js';
import type { Sandbox } from '../../sandbox/sandbox.js';
import { openSandbox } from './open-sandbox.js';
import { COMPILATION_LIMIT, compileProject } from './project.js';
import { SERVERS } from './servers.js';
import { ServiceProcess } from './service-process.js';
import { useUndo } from './undo.js';

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
  const undo = useUndo();
  beforeAll(async () => {
    await compileProject();
    current.sandbox = await openSandbox(undo, 'sqlite', { broker: openBroker(SERVERS.rabbitmq.url) });
    current.folder = current.sandbox.options.folder;
  }, COMPILATION_LIMIT);
  afterEach(() => ServiceProcess.killAll());
  return current;
}
