import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, JsonValue } from '@bbb/rules';
import { SystemClock } from '@bbb/platform';
import { type Broker, clearBroker, countMessages } from './broker.js';
import { SchedulerConnection } from './buildbot/index.js';
import { createTask, findScenario, SCENARIOS, type Scenario } from './mix.js';
import { Mail, Publisher } from './pulse/index.js';
import { describeTasks, type SeenRequest, type SeenTask } from './seen.js';
import {
  QUEUE_EXCHANGE_PREFIX,
  QUEUE_EXCHANGES,
  TaskclusterSimulator,
  type PulseMessage,
  type TaskInput,
} from './taskcluster/index.js';

export interface CommonSandboxOptions {
  /** For configuration, logs and SQLite files. */
  folder: string;
  seed: number;
  bridgeDb: string;
  broker: Broker;
  /** Those that tasks name in their property `scenario`; default the mix. */
  scenarios?: readonly Scenario[];
  pace?: Partial<Pace>;
  /** What each client of Taskcluster may do; default everything. */
  scopes?: Record<string, readonly string[]>;
  /** What becomes of a message on its way to the broker: after how many seconds each copy of it arrives. */
  fate?: () => readonly number[];
  /** Seconds by which the clocks of all outside systems are ahead of this machine's. */
  clocksAhead?: number;
}

/** Seconds. Everything that takes minutes outside takes seconds here, in the same proportions. */
const USUAL_PACE = {
  claimTimeout: 20,
  deadlineDelay: 1,
  pollInterval: 0.2,
  messageDelay: { started: 0.2, finished: 0.2, log_uploaded: 0.5 },
  agentDelay: 0.2,
  reflectorInterval: 1,
  buildbotClaim: 3600,
  reclaimWindow: 15,
  messageGrace: 2,
  finishedGrace: 8,
  artifactWait: 4,
};

export type Pace = typeof USUAL_PACE;

/** What does not depend on the kind of Buildbot. */
export interface CommonSide {
  /** Part of the names of queues and exchanges, so that sandboxes on one broker do not meet. */
  id: string;
  pace: Pace;
  clock: Clock;
  taskcluster: TaskclusterSimulator;
  bridge: SchedulerConnection;
  publisher: Publisher;
  mail: Mail;
}

/** Taskcluster, the exchanges of Pulse and a connection to the bridge's database. */
export async function startCommonSide(options: CommonSandboxOptions): Promise<CommonSide> {
  const { broker, scenarios = SCENARIOS } = options;
  const pace = { ...USUAL_PACE, ...options.pace };
  const id = `sandbox-${randomBytes(4).toString('hex')}`;
  const machine = new SystemClock();
  const clock = { now: () => machine.now() + (options.clocksAhead ?? 0) };
  const bridge = await SchedulerConnection.open(options.bridgeDb);
  const publisher = await Publisher.open({ connect: () => broker.connect(), exchanges: listExchanges(id) });
  const mail = new Mail(publisher.publish, options.fate);
  const scenario = (taskId: string | undefined): Scenario | undefined => {
    const known = taskId === undefined ? undefined : taskcluster.state.tasks([taskId]).items[0];
    return known && findScenario(scenarios, known.task.payload);
  };
  const taskcluster: TaskclusterSimulator = await new TaskclusterSimulator({
    clock,
    tickEvery: 100,
    knownTaskQueues: ['buildbot-bridge/buildbot-bridge'],
    ...(options.scopes ? { scopes: options.scopes } : {}),
    settings: { claimTimeout: pace.claimTimeout, deadlineDelay: pace.deadlineDelay },
    publish: (exchange, routingKey, message) => {
      if (scenario(taskIdOf(message))?.loses?.includes(exchange.replace(QUEUE_EXCHANGE_PREFIX, ''))) return;
      void mail.send(
        exchange.replace('exchange/', `exchange/${id}/`),
        routingKey,
        message.payload as JsonValue,
      );
    },
    faults: (call) => scenario(call.taskId)?.fault?.(call) ?? 'pass',
  }).start();
  return { id, pace, clock, taskcluster, bridge, publisher, mail };
}

/** Everything outside the bridge, with either kind of Buildbot. */
export abstract class CommonSandbox {
  readonly id: string;
  readonly taskcluster: TaskclusterSimulator;
  readonly bridge: SchedulerConnection;
  /** The clock of all outside systems. */
  readonly clock: Clock;
  protected readonly pace: Pace;
  private readonly publisher: Publisher;
  protected readonly mail: Mail;

  protected constructor(
    readonly options: CommonSandboxOptions,
    { id, taskcluster, bridge, clock, pace, publisher, mail }: CommonSide,
  ) {
    this.id = id;
    this.taskcluster = taskcluster;
    this.bridge = bridge;
    this.clock = clock;
    this.pace = pace;
    this.publisher = publisher;
    this.mail = mail;
  }

  /** What a scenario's task asks for; tasks of one group have the same source stamp. */
  createTask(scenario: Scenario, group: number, now: number): Partial<TaskInput> {
    return createTask(scenario, group, now);
  }

  /** Seconds for which the reflector waits for the message of a build that has ended. */
  protected abstract readonly finishedGrace: number;

  /** Ends a build that its plan holds. @returns false when it does not run, as while its master is down */
  abstract finishBuild(buildRequestId: number): unknown;

  /** A user of Buildbot's own pages cancels a request, whose build may run. */
  abstract cancelRequest(buildRequestId: number): Promise<unknown>;

  /** The build requests of tasks, by task. */
  protected abstract requestsOf(taskIds: readonly string[]): Promise<ReadonlyMap<string, SeenRequest[]>>;

  /** The part of the configuration that depends on the kind of Buildbot. */
  protected abstract buildbotSettings(): Readonly<Record<string, JsonValue>>;

  protected abstract stopBuildbot(): Promise<void>;

  /** Reads all tasks from both sides, past the bridge. */
  async look(taskIds: readonly string[]): Promise<SeenTask[]> {
    return describeTasks(taskIds, this.taskcluster, await this.requestsOf(taskIds));
  }

  /**
   * Writes a configuration file in the original bridge's layout, for all three services.
   *
   * @param changes take the place of what the file would hold at the top level
   */
  async writeConfiguration(
    ports: Record<'tclistener' | 'bblistener' | 'reflector', number>,
    changes: Readonly<Record<string, JsonValue>> = {},
  ): Promise<string> {
    const { folder, broker, bridgeDb } = this.options;
    const url = new URL(broker.url);
    const configuration = {
      taskcluster_queue_config: this.taskclusterSettings,
      bbb_db: bridgeDb,
      pulse_host: url.hostname,
      pulse_port: Number(url.port || 5672),
      pulse_ssl: url.protocol === 'amqps:',
      pulse_vhost: decodeURIComponent(url.pathname.slice(1)) || '/',
      pulse_user: decodeURIComponent(url.username) || 'guest',
      pulse_password: decodeURIComponent(url.password) || 'guest',
      pulse_queue_basename: `queue/${this.id}`,
      restricted_builders: ['^release-.*$'],
      ignored_builders: ['^alder-.*$'],
      artifacts: { wait: this.pace.artifactWait },
      tc_worker_group: 'buildbot-bridge',
      tc_worker_id: 'buildbot-bridge',
      parking: { first_delay: 0.5, max_delay: 2, interval: 0.5 },
      tclistener: {
        pulse_exchange_basename: `exchange/${this.id}/taskcluster-queue/v1`,
        provisioner_id: 'buildbot-bridge',
        worker_type: 'buildbot-bridge',
        logfile: join(folder, 'tclistener.log'),
        http_port: ports.tclistener,
      },
      bblistener: {
        pulse_exchange: `exchange/${this.id}/build/`,
        logfile: join(folder, 'bblistener.log'),
        http_port: ports.bblistener,
      },
      reflector: {
        interval: this.pace.reflectorInterval,
        reclaim_window: this.pace.reclaimWindow,
        message_grace: this.pace.messageGrace,
        finished_grace: this.finishedGrace,
        missing_grace: this.pace.finishedGrace,
        orphan_grace: this.pace.reflectorInterval,
        logfile: join(folder, 'reflector.log'),
        http_port: ports.reflector,
      },
      ...this.buildbotSettings(),
      ...changes,
    };
    const file = join(folder, 'config.json');
    await writeFile(file, `${JSON.stringify(configuration, null, 2)}\n`, { mode: 0o600 });
    return file;
  }

  /** How the bridge reaches Taskcluster, in the configuration file. */
  get taskclusterSettings() {
    const credentials = { clientId: 'buildbot-bridge', accessToken: 'sandbox-access-token' };
    return { rootUrl: this.taskcluster.url, credentials };
  }

  /** Messages that wait in the bridge's queues; the bridge must have been stopped or be idle. */
  countMessagesLeft(): Promise<number> {
    return countMessages(this.options.broker, this.queues);
  }

  /** Takes a queue away under its consumers. @returns how many messages waited in it */
  async deleteQueue(queue: string): Promise<number> {
    const model = await this.options.broker.connect();
    try {
      return (await (await model.createChannel()).deleteQueue(queue)).messageCount;
    } finally {
      await model.close();
    }
  }

  /** Rows and kept messages in the bridge's database. */
  async countRowsLeft(): Promise<{ tasks: number; messages: number }> {
    const count = async (table: string) => {
      const rows = await this.bridge.read((statements) =>
        statements.rows<{ count: number | string }>(`SELECT COUNT(*) AS count FROM ${table}`),
      );
      return Number(rows[0]?.count);
    };
    return { tasks: await count('tasks'), messages: await count('messages') };
  }

  async stop(): Promise<void> {
    await this.stopBuildbot();
    await this.taskcluster.stop();
    await this.bridge.close();
    this.mail.close();
    await this.publisher.close();
    await clearBroker(this.options.broker, this.queues, listExchanges(this.id));
  }

  /** Messages that no broker has yet. */
  get messagesOnTheirWay(): number {
    return this.mail.onTheirWay;
  }

  get queues(): string[] {
    return ['task-pending', 'task-exception', 'started', 'log_uploaded'].map(
      (name) => `queue/${this.id}/${name}`,
    );
  }
}

function taskIdOf({ payload }: PulseMessage): string {
  return (payload.status as { taskId: string }).taskId;
}

function listExchanges(id: string): string[] {
  const queue = QUEUE_EXCHANGES.map((name) =>
    name.replace(QUEUE_EXCHANGE_PREFIX, `exchange/${id}/taskcluster-queue/v1/`),
  );
  return [...queue, `exchange/${id}/build/`];
}
