import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { migrateDatabase } from '@bbb/bridge-db';
import type { JsonValue } from '@bbb/rules';
import { openBroker } from '../../sandbox/broker.js';
import { findFreePort, type Services, startInProcess, startProcesses } from '../../sandbox/services.js';
import { type GivenMaster, ModernSandbox } from '../../sandbox/modern-sandbox.js';
import { Sandbox, type SandboxOptions } from '../../sandbox/sandbox.js';
import type { CommonSandbox, CommonSandboxOptions } from '../../sandbox/common-sandbox.js';
import { createDatabase, type DatabaseKind } from './databases.js';
import { compileProject } from './project.js';
import { SERVERS } from './servers.js';
import { Undo } from './undo.js';

export interface SandboxedBridgeOptions extends Partial<
  Pick<SandboxOptions, 'schema' | 'scenarios' | 'pace'>
> {
  database: DatabaseKind;
  /** All in this process with a broker in it, or RabbitMQ and each service a process of its own. */
  services: 'in process' | 'processes';
  /** At the top level of the configuration file; made when the databases are there, if they depend on them. */
  settings?:
    | Readonly<Record<string, JsonValue>>
    | ((
        sandbox: CommonSandbox,
      ) => Readonly<Record<string, JsonValue>> | Promise<Readonly<Record<string, JsonValue>>>);
}

/** A sandbox with the services of the bridge at work in it. */
export interface SandboxedBridge<Side extends CommonSandbox = Sandbox> {
  sandbox: Side;
  configFile: string;
  /** Addresses of the health endpoints, without a path. */
  health: Services['health'];
  /** Stops the services as an operator does; rejects when one does not stop cleanly. */
  stopServices(): Promise<void>;
  close(): Promise<void>;
}

export async function openSandboxedBridge(options: SandboxedBridgeOptions): Promise<SandboxedBridge> {
  const { schema = 6 } = options;
  return openBridge(options, async (common, undo) => {
    const schedulerDb = await createDatabase(options.database);
    undo.push(() => schedulerDb.drop());
    return Sandbox.start({ ...common, schema, schedulerDb: schedulerDb.url });
  });
}

/** With a modern Buildbot, simulated unless a master is given. */
export async function openModernBridge({
  master,
  ...options
}: Omit<SandboxedBridgeOptions, 'schema'> & { master?: GivenMaster }): Promise<
  SandboxedBridge<ModernSandbox>
> {
  return openBridge(options, (common) => ModernSandbox.start({ ...common, ...(master ? { master } : {}) }));
}

async function openBridge<Side extends CommonSandbox>(
  options: Omit<SandboxedBridgeOptions, 'schema'>,
  start: (common: CommonSandboxOptions, undo: Undo) => Promise<Side>,
): Promise<SandboxedBridge<Side>> {
  const { scenarios, pace } = options;
  const isRemote = options.services === 'processes';
  const undo = new Undo();
  const close = () => undo.run();
  try {
    const folder = await undo.makeFolder();
    const bridgeDb = await createDatabase(options.database);
    undo.push(() => bridgeDb.drop());
    const broker = openBroker(isRemote ? SERVERS.rabbitmq.url : undefined);
    const played = { ...(scenarios ? { scenarios } : {}), ...(pace ? { pace } : {}) };
    const sandbox = await start({ folder, seed: 1, bridgeDb: bridgeDb.url, broker, ...played }, undo);
    undo.push(() => sandbox.stop());

    const ports = {
      tclistener: await findFreePort(),
      bblistener: await findFreePort(),
      reflector: await findFreePort(),
    };
    const { settings } = options;
    const changes = typeof settings === 'function' ? await settings(sandbox) : settings;
    const configFile = await sandbox.writeConfiguration(ports, changes);
    const root = isRemote ? await compileProject() : '';
    if (options.database !== 'sqlite')
      await (isRemote ? migrate(root, configFile) : migrateDatabase(bridgeDb.url));
    const services: Services = isRemote
      ? await startProcesses(configFile, ports, { root })
      : await startInProcess(configFile, { connect: () => sandbox.options.broker.connect() });
    let stopped: Promise<void> | undefined;
    const stopServices = () => (stopped ??= services.stop());
    undo.push(() => stopServices().catch(() => undefined));
    return { sandbox, configFile, health: services.health, stopServices, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** With the command that an operator is told to run. */
export async function migrate(root: string, configFile: string): Promise<void> {
  await promisify(execFile)(process.execPath, [
    join(root, 'bin', 'buildbot-bridge.js'),
    '-c',
    configFile,
    'migrate',
  ]);
}
