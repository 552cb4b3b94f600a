import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock } from '@bbb/platform';
import { createSchedulerSchema, SchedulerConnection } from '../../sandbox/buildbot/index.js';
import { findFreePort } from '../../sandbox/services.js';
import { SelfServeSimulator } from '../../sandbox/self-serve/index.js';
import { type TaskInput, TaskclusterSimulator } from '../../sandbox/taskcluster/index.js';
import { eventually } from './eventually.js';
import { createLayout2015 } from './layout-2015.js';
import { compileProject } from './project.js';
import { findRabbitmqAddress, createUniqueName } from './rabbitmq.js';
import { readRecordedByBuildbot, readRecordedByTaskcluster, Replay } from './recorded-messages.js';
import { RecordedMaster, MASTER } from './recorded-master.js';
import { ServiceProcess } from './service-process.js';

const TASKCLUSTER = ['defined', 'pending', 'running', 'completed', 'failed', 'exception'].map(
  (name) => `task-${name}`,
);

/** The worker of the recording: the bridge takes its place. */
export const WORKER = { workerGroup: 'buildbot-bridge', workerId: 'br-1234' };

type Row = Record<string, unknown>;

/**
 * The three compiled services, started with the original's command line and its configuration file of 2015, on a real
 * broker on which nobody but the test speaks. Taskcluster and the scheduler database hold what the test puts there.
 */
export class RecordedStage {
  /** Names of the Buildbot recordings that were published. */
  readonly published = new Set<string>();
  private services: ServiceProcess[] = [];

  private constructor(
    readonly folder: string,
    readonly taskcluster: TaskclusterSimulator,
    readonly scheduler: SchedulerConnection,
    readonly selfServe: SelfServeSimulator,
    readonly master: RecordedMaster,
    private readonly replay: Replay,
  ) {}

  static async open(): Promise<RecordedStage> {
    const folder = await mkdtemp(join(tmpdir(), 'bbb-test-recorded-'));
    const schedulerDb = `sqlite:///${join(folder, 'state.sqlite')}`;
    await createSchedulerSchema(schedulerDb, 6);
    const scheduler = await SchedulerConnection.open(schedulerDb);
    const user = createUniqueName('recorded');
    const taskclusterExchanges = TASKCLUSTER.map((name) => [
      name,
      `exchange/${user}/taskcluster-queue/v1/${name}`,
    ]);
    const replay = await Replay.open(
      { ...Object.fromEntries(taskclusterExchanges), build: `exchange/${user}/buildbot` },
      ['task-pending', 'task-exception', 'started', 'log_uploaded'].map((name) => `queue/${user}/${name}`),
    );
    const taskcluster = await new TaskclusterSimulator().start();
    const master = new RecordedMaster(scheduler);
    const selfServe = await SelfServeSimulator.start({
      databaseUrl: schedulerDb,
      schema: 6,
      clock: new SystemClock(),
      masters: () => [{ name: MASTER.name, stopBuild: (_builder, number) => master.noteStop(number) }],
      branches: ['mozilla-central'],
      agentDelay: 0.1,
    });
    selfServe.run(100);
    const stage = new RecordedStage(folder, taskcluster, scheduler, selfServe, master, replay);
    try {
      await stage.startServices(user, schedulerDb);
    } catch (error) {
      await stage.close();
      throw error;
    }
    return stage;
  }

  private async startServices(user: string, schedulerDb: string): Promise<void> {
    const { provisionerId, workerType } = openRecordedQueue();
    const configuration = createLayout2015({
      rootUrl: this.taskcluster.url,
      selfServeUrl: this.selfServe.url,
      pulse: findRabbitmqAddress(),
      user,
      schedulerDb,
      provisionerId,
      workerType,
      workerId: WORKER.workerId,
    });
    await writeFile(join(this.folder, 'config.json'), JSON.stringify(configuration), { mode: 0o600 });
    const bin = join(await compileProject(), 'bin', 'buildbot-bridge.js');
    for (const service of ['tclistener', 'bblistener', 'reflector']) {
      const port = await findFreePort();
      this.services.push(
        ServiceProcess.start([process.execPath, bin, '-c', 'config.json', service], {
          cwd: this.folder,
          env: { BBB_HTTP_PORT: String(port) },
          port,
        }),
      );
    }
    await Promise.all(this.services.map((service) => service.ready()));
  }

  /** A task that Taskcluster has, and of which nobody has told yet. */
  async createTask(taskId: string, changes: Partial<TaskInput> = {}): Promise<void> {
    const file = new URL('../fixtures/buildbot/task-definitions.json', import.meta.url);
    const { ok } = JSON.parse(await readFile(file, 'utf8')) as { ok: { payload: Record<string, unknown> } };
    this.taskcluster.createTask({ payload: ok.payload, ...changes }, taskId);
  }

  /** All runs of a task, in words. */
  listRuns(taskId: string): string[] {
    const { runs } = this.taskcluster.state.status(taskId);
    return runs.map(({ state, reasonResolved }) =>
      state === 'exception' ? `${state} ${reasonResolved}` : state,
    );
  }

  /** Publishes what the queue service published of a task, in its order: the nth message of that exchange. */
  async tellOfTask(taskId: string, exchange: string, nth = 0): Promise<void> {
    const messages = readRecordedByTaskcluster().filter(
      (message) => message.taskId === taskId && message.exchange === exchange,
    );
    await this.replay.publish(messages[nth]!);
  }

  /** Publishes a message of Buildbot's as it was recorded. */
  async tellOfBuild(name: string): Promise<void> {
    this.published.add(name);
    await this.replay.publish(readRecordedByBuildbot(name));
  }

  /** Publishes a message that was made of the recorded one of this name, where no recording has the numbers. */
  async tellOfBuildLike(name: string, number: number, buildRequestIds: readonly number[]): Promise<void> {
    const recorded = readRecordedByBuildbot(name);
    const message = JSON.parse(recorded.content.toString()) as {
      payload: { build: { number: number }; request_ids: readonly number[] };
    };
    message.payload.build.number = number;
    message.payload.request_ids = buildRequestIds;
    await this.replay.publish({ ...recorded, content: Buffer.from(JSON.stringify(message)) });
  }

  /** Tells of a task's newest pending run with a recorded message whose task id is replaced. */
  async tellOfPending(taskId: string): Promise<void> {
    const recorded = readRecordedByTaskcluster().find(({ exchange }) => exchange === 'task-pending')!;
    const status = this.taskcluster.state.status(taskId);
    const payload = { status, runId: status.runs.length - 1, task: { tags: {} }, version: 1 };
    await this.replay.publish({
      ...recorded,
      routingKey: recorded.routingKey.replaceAll(recorded.taskId, taskId),
      content: Buffer.from(JSON.stringify(payload)),
    });
  }

  waiting(): Promise<number> {
    return this.replay.countWaiting();
  }

  /** A tracked task's row in the bridge's database. */
  async findRow(taskId: string): Promise<Row | undefined> {
    return (await this.bridge('SELECT * FROM tasks WHERE taskId = ?', [taskId]))[0];
  }

  /** The request of a task, once the bridge has written and recorded it. */
  findRequest(taskId: string): Promise<number> {
    return eventually(async () => {
      const row = await this.findRow(taskId);
      if (typeof row?.buildrequestId !== 'number') throw new Error(`no request of ${taskId} is recorded`);
      return row.buildrequestId;
    });
  }

  quarantined(): Promise<Row[]> {
    return this.bridge("SELECT * FROM messages WHERE state = 'quarantined' ORDER BY id");
  }

  /** Exit codes of the services. */
  stop(): Promise<(number | string | null)[]> {
    return Promise.all(this.services.map((service) => service.stop()));
  }

  async close(): Promise<void> {
    await this.stop();
    await this.selfServe.close();
    await this.taskcluster.stop();
    await this.scheduler.close();
    await this.replay.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  private async bridge(sql: string, values: readonly string[] = []): Promise<Row[]> {
    // The file is the bridge's: it is opened for a look and closed again.
    const connection = await SchedulerConnection.open(`sqlite:///${join(this.folder, 'bbb.db')}`);
    try {
      return await connection.read((statements) => statements.rows<Row>(sql, values));
    } finally {
      await connection.close();
    }
  }
}

function openRecordedQueue(): { provisionerId: string; workerType: string } {
  const { content } = readRecordedByTaskcluster()[0]!;
  return (JSON.parse(content.toString()) as { status: { provisionerId: string; workerType: string } }).status;
}
