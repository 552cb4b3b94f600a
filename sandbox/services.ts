import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadConfiguration, type ServiceName } from '@bbb/configuration';
import { createLogger, type RunningService, startService } from '@bbb/platform';
import { connectPulse, type Overrides, createProcessSettings } from '@bbb/composition';
import { BbListenerModule } from '../apps/bb-listener/src/bb-listener.module.js';
import { ReflectorModule } from '../apps/reflector/src/reflector.module.js';
import { TcListenerModule } from '../apps/tc-listener/src/tc-listener.module.js';

/** The three services at work, wherever they run. */
export interface Services {
  /** Addresses of the health endpoints, without a path. */
  health: Record<ServiceName, string>;
  /** Stops them as an operator does; rejects when one does not stop cleanly. */
  stop(): Promise<void>;
}

/** Names of the services in the configuration file. */
export const SECTIONS = {
  'tc-listener': 'tclistener',
  'bb-listener': 'bblistener',
  reflector: 'reflector',
} as const satisfies Record<ServiceName, string>;

const NAMES = Object.keys(SECTIONS) as ServiceName[];

/**
 * All three in this process, with an in-process broker or a real one.
 *
 * @param configFiles one for all services, or each its own
 */
export async function startInProcess(
  configFiles: string | Record<ServiceName, string>,
  overrides: Overrides,
): Promise<Services> {
  const running: RunningService[] = [];
  let logger: ReturnType<typeof createLogger> | undefined;
  const health: Partial<Services['health']> = {};
  const stop = async () => {
    await Promise.all(running.map((service) => service.stop()));
    logger?.close();
    logger = undefined;
  };
  try {
    for (const name of NAMES) {
      const file = typeof configFiles === 'string' ? configFiles : configFiles[name];
      const { configuration } = loadConfiguration(name, { file, environment: {} });
      const module = {
        'tc-listener': TcListenerModule,
        'bb-listener': BbListenerModule,
        reflector: ReflectorModule,
      }[name].register(configuration, overrides);
      const settings = createProcessSettings(configuration);
      const service = await startService(settings, module, {
        // One process has one log; the configuration of the first service names its file.
        logger: (logger ??= createLogger(settings)),
        processMetrics: false,
        ...(name === 'reflector' ? {} : { configure: connectPulse }),
      });
      running.push(service);
      health[name] = service.healthUrl;
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { health: health as Services['health'], stop };
}

/**
 * Starts each service in a process of its own.
 *
 * @param options `root`: where the compiled files are, default the working directory; `untilReady`: false when the
 *   configuration lets no service become ready
 */
export async function startProcesses(
  configFile: string,
  ports: Record<(typeof SECTIONS)[ServiceName], number>,
  { root = process.cwd(), untilReady = true }: { root?: string; untilReady?: boolean } = {},
): Promise<Services> {
  const health = Object.fromEntries(
    NAMES.map((name) => [name, `http://127.0.0.1:${ports[SECTIONS[name]]}`]),
  ) as Services['health'];
  const children = NAMES.map((name) => startChild(name, configFile, root));
  const stop = async () => {
    const codes = await Promise.all(children.map(stopChild));
    const wrong = codes.flatMap((code, index) => (code === 0 ? [] : [`${NAMES[index]}: ${code}`]));
    if (wrong.length > 0) throw new Error(`services did not stop with exit code 0: ${wrong.join(', ')}`);
  };
  try {
    await Promise.all(NAMES.map((name, index) => waitUntilUp(health[name], children[index]!, untilReady)));
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }
  return { health, stop };
}

function startChild(name: ServiceName, configFile: string, root: string): ChildProcess {
  const file = join(root, 'dist', 'apps', name, 'src', 'main.js');
  return spawn(process.execPath, ['--enable-source-maps', file, '-c', configFile], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

async function stopChild(child: ChildProcess): Promise<number | string | null> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  return child.exitCode ?? child.signalCode;
}

async function waitUntilUp(url: string, child: ChildProcess, untilReady: boolean): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    if (child.exitCode !== null) throw new Error(`a service ended with exit code ${child.exitCode}`);
    const answer = await fetch(`${url}/health/ready`).catch(() => undefined);
    if (answer && (answer.ok || !untilReady)) return;
    await sleep(100);
  }
  throw new Error(`not ready in time: ${url}`);
}

/** A port that is free at this moment. */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}
