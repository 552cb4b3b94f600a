import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { ServiceName } from '@bbb/configuration';
import { type Broker, openBroker, clearBroker, countMessages } from '../../sandbox/broker.js';
import { createSchedulerSchema, type SchedulerSchema } from '../../sandbox/buildbot/index.js';
import { type Databases, createFreshDatabases } from '../../sandbox/fresh-databases.js';
import { Publisher } from '../../sandbox/pulse/index.js';
import { findFreePort } from '../../sandbox/services.js';
import { SERVERS } from '../../test/support/global-setup.js';
import { BUILDER, type BuildFarm, Farm } from './farm.js';
import type { Message } from './messages.js';
import { ModernFarm } from './modern-farm.js';
import { MASTER_ACCOUNT } from './modern-master-commands.js';
import { Service } from './service.js';
import { AskedProcess } from './asked-process.js';
import type { BurstKind, NullBridgeCommand, NullBridgeReplies } from './null-bridge-commands.js';
import { Taskcluster } from './taskcluster.js';

export interface StageOptions {
  database: 'mysql' | 'postgres';
  schema: SchedulerSchema;
  buildbot: 'legacy' | 'modern';
  /** Milliseconds by which every answer of Taskcluster, and of a modern Buildbot, is late. */
  latency: number;
  /** Flags of node's for the services. */
  nodeFlags: string[];
  /** Folder whose compiled services are measured. */
  project: string;
  /** Variables of the services, besides the usual ones. */
  env: Readonly<Record<string, string>>;
}

const QUEUES = ['task-pending', 'task-exception', 'started', 'log_uploaded'];

/** The outside systems of one run: fresh databases, queues of its own, a Taskcluster; and the services on it. */
export class Stage {
  private readonly services: Service[] = [];

  private constructor(
    readonly options: StageOptions,
    readonly taskcluster: Taskcluster,
    readonly farm: BuildFarm,
    private readonly buildbotSettings: object,
    private readonly databases: Databases,
    private readonly publisher: Publisher,
    private readonly broker: Broker,
    private readonly folder: string,
    private readonly id: string,
  ) {}

  static async open(options: StageOptions): Promise<Stage> {
    const folder = await mkdtemp(join(tmpdir(), 'buildbot-bridge-bench-'));
    const id = `bench-${randomBytes(4).toString('hex')}`;
    const databases = await createFreshDatabases({ databaseServer: SERVERS[options.database].url }, folder);
    const { schedulerDb, bridgeDb } = databases;
    await migrate(options.project, bridgeDb);
    const broker = openBroker(SERVERS.rabbitmq.url);
    const publisher = await Publisher.open({ connect: () => broker.connect(), exchanges: listExchanges(id) });
    const taskcluster = Taskcluster.start(options.latency);
    const [farm, settings] = await openFarm(options, schedulerDb, bridgeDb, folder);
    return new Stage(options, taskcluster, farm, settings, databases, publisher, broker, folder, id);
  }

  /** Starts a service, and waits until it is ready. */
  async start(name: ServiceName, changes: object = {}, taskcluster: object = {}): Promise<Service> {
    const configFile = await this.writeConfiguration(changes, taskcluster);
    const service = await Service.start(name, await findFreePort(), configFile, this.folder, this.options);
    this.services.push(service);
    return service;
  }

  /** Runs a command of `buildbot-bridge`. @returns how long it took, and its processor time, in seconds */
  async runCommand(...words: string[]): Promise<{ seconds: number; cpu: number }> {
    const { project, nodeFlags, env } = this.options;
    const command = resolve(project, 'bin', 'buildbot-bridge.js');
    const configFile = await this.writeConfiguration({}, {});
    // Bash tells the processor time of what it has run.
    const timed = 'TIMEFORMAT="%R %U %S"; time "$@" >/dev/null';
    const given = [process.execPath, ...nodeFlags, command, '-c', configFile, ...words];
    const { stderr } = await promisify(execFile)('bash', ['-c', timed, 'bash', ...given], {
      env: { PATH: process.env.PATH, ...env },
    });
    const [seconds, user, system] = stderr.trim().split('\n').at(-1)!.split(' ').map(Number);
    return { seconds: seconds!, cpu: user! + system! };
  }

  /** Starts a null bridge for one kind of messages. */
  async startNullBridge(kind: BurstKind): Promise<AskedProcess<NullBridgeCommand, NullBridgeReplies>> {
    const nullBridge = new AskedProcess<NullBridgeCommand, NullBridgeReplies>('null-bridge-process.js', 0);
    await nullBridge.ask({
      ...{ ask: 'start', kind, amqpUrl: this.broker.url },
      exchange: `exchange/${this.id}/${kind === 'pending' ? 'task-pending' : 'build'}`,
      rootUrl: await this.taskcluster.ask({ ask: 'url' }),
      schedulerDb: this.databases.schedulerDb,
    });
    return nullBridge;
  }

  publish({ exchange, routingKey, body }: Message): Promise<void> {
    return this.publisher.publish(`exchange/${this.id}/${exchange}`, routingKey, body);
  }

  /** Messages that wait in a queue, without those that a service has been given. */
  countWaiting(queue: string): Promise<number> {
    return countMessages(this.broker, [`queue/${this.id}/${queue}`]);
  }

  async close(): Promise<void> {
    await Promise.all(this.services.map((service) => service.stop()));
    this.taskcluster.stop();
    await this.farm.close();
    await this.publisher.close();
    const queues = QUEUES.map((name) => `queue/${this.id}/${name}`);
    await clearBroker(this.broker, queues, listExchanges(this.id));
    await this.databases.drop();
    await rm(this.folder, { recursive: true, force: true });
  }

  private async writeConfiguration(changes: object, taskcluster: object): Promise<string> {
    const broker = new URL(this.broker.url);
    const configuration = {
      taskcluster_queue_config: {
        rootUrl: await this.taskcluster.ask({ ask: 'url' }),
        credentials: { clientId: 'buildbot-bridge', accessToken: 'bench-access-token' },
        ...taskcluster,
      },
      ...this.buildbotSettings,
      bbb_db: this.databases.bridgeDb,
      pulse_host: broker.hostname,
      pulse_port: Number(broker.port || 5672),
      pulse_ssl: broker.protocol === 'amqps:',
      pulse_user: decodeURIComponent(broker.username) || 'guest',
      pulse_password: decodeURIComponent(broker.password) || 'guest',
      pulse_queue_basename: `queue/${this.id}`,
      tc_worker_group: 'buildbot-bridge',
      tc_worker_id: 'buildbot-bridge',
      tclistener: {
        pulse_exchange_basename: `exchange/${this.id}`,
        provisioner_id: 'buildbot-bridge',
        worker_type: 'buildbot-bridge',
      },
      bblistener: { pulse_exchange: `exchange/${this.id}/build` },
      ...changes,
    };
    const file = join(this.folder, 'config.json');
    await writeFile(file, JSON.stringify(configuration), { mode: 0o600 });
    return file;
  }
}

/** With the command of the build that is measured: another one may know other migrations. */
async function migrate(project: string, url: string): Promise<void> {
  const command = resolve(project, 'bin', 'buildbot-bridge.js');
  await promisify(execFile)(process.execPath, [command, 'migrate'], {
    env: { PATH: process.env.PATH, BBB_BRIDGE_DB_URL: url },
    cwd: tmpdir(),
  });
}

function listExchanges(id: string): string[] {
  return ['task-pending', 'task-exception', 'build'].map((name) => `exchange/${id}/${name}`);
}

/** The builds, and what a configuration says about their Buildbot. */
async function openFarm(
  { buildbot, schema, latency }: StageOptions,
  schedulerDb: string,
  bridgeDb: string,
  folder: string,
): Promise<[BuildFarm, object]> {
  if (buildbot === 'modern') {
    const farm = await ModernFarm.open(bridgeDb, latency);
    return [farm, { buildbot: { kind: 'modern', url: await farm.readUrl(), ...MASTER_ACCOUNT } }];
  }
  // With transactions, which is what costs time.
  await createSchedulerSchema(schedulerDb, schema, { engine: 'InnoDB' });
  const builders = join(folder, 'allthethings.json');
  await writeFile(builders, JSON.stringify({ builders: { [BUILDER]: { shortname: 'linux64' } } }));
  const settings = {
    ...{ buildbot_scheduler_db: schedulerDb, selfserve_url: 'http://127.0.0.1:9/self-serve' },
    builders_url: builders,
  };
  return [await Farm.open(schedulerDb, bridgeDb, schema), settings];
}
