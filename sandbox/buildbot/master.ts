import { BuildNumbers } from './build-numbers.js';
import { BuildCourse, type Counters } from './course.js';
import { Loop } from './loop.js';
import type { MasterOptions } from './master-options.js';
import { OneAtATime } from './one-at-a-time.js';
import { Picker, type BlockedBuilder } from './picker.js';
import { MessagePipeline, USUAL_PIPELINE } from './pipeline.js';
import type { BuildResult } from './plan.js';
import { MasterProcess, type BuildInProgress } from './process.js';
import { seededRandom } from './random.js';
import { retireCancelled } from './scheduler/builds.js';
import { CLAIM_LIFETIME, type Claims } from './scheduler/claims.js';
import { claimsOf } from './scheduler/claims-of.js';
import { SchedulerConnection } from './scheduler/connection.js';
import { statusIdsOf } from './status-database.js';
import { submitRequest, type Submission } from './scheduler/submit.js';

/** Masters reclaim the claims of their running builds so often in a claim's lifetime. */
const RECLAIMS = 6;

/**
 * A Buildbot 0.8 master at work on a real scheduler database. Nothing happens by itself: `step` does whatever is due
 * at the clock's time, and `run` steps again and again.
 */
export class MasterSimulator {
  private readonly work = new OneAtATime();
  private readonly numbers = new BuildNumbers();
  private readonly counters: Counters;
  private readonly pipeline: MessagePipeline;
  private readonly picker: Picker;
  private readonly course: BuildCourse;
  private process: MasterProcess;
  private loop: Loop | undefined;
  private up = true;

  private constructor(
    private readonly options: MasterOptions,
    private readonly connection: SchedulerConnection,
    private readonly claims: Claims,
  ) {
    const exchange = options.exchange ?? 'exchange/build/';
    const random = seededRandom(options.seed ?? 1);
    const boot = Math.floor(options.clock.now());
    const firstPid = 2000 + Math.floor(random() * 30_000);
    this.counters = { message: 0, statusdb: options.firstStatusdbId ?? statusIdsOf(options.name) };
    const settings = { ...USUAL_PIPELINE, ...options.pipeline };
    this.pipeline = new MessagePipeline(settings, exchange, options.publish, random);
    this.picker = new Picker(connection, options.schema, claims, options.plan ?? (() => ({})));
    this.course = new BuildCourse({
      connection,
      claims,
      pipeline: this.pipeline,
      numbers: this.numbers,
      reclaimEvery: (options.claimLifetime ?? CLAIM_LIFETIME) / RECLAIMS,
      counters: this.counters,
      exchange,
      cancelledResult: options.cancelledResult ?? 6,
      logBase: options.logBase ?? 'http://logs.example.com/builds',
    });
    this.process = this.begin(options.incarnation ?? `pid${firstPid}-boot${boot}`);
  }

  static async start(options: MasterOptions): Promise<MasterSimulator> {
    const connection = await SchedulerConnection.open(options.databaseUrl);
    return new MasterSimulator(options, connection, claimsOf(options.schema, options.claimLifetime));
  }

  get name(): string {
    return this.options.name;
  }

  get incarnation(): string {
    return this.process.identity.incarnation;
  }

  get isUp(): boolean {
    return this.up;
  }

  /** Messages that no broker has yet. */
  get messagesOnTheirWay(): number {
    return this.pipeline.size;
  }

  /** Does whatever is due now: starts and ends builds, looks for work, publishes. */
  step(): Promise<void> {
    return this.work.run(async () => {
      const now = this.options.clock.now();
      // A build may start and end, and its RETRY begin, in one step; a plan that never comes to rest must not hang it.
      for (let round = 0; this.up && round < 5; round++) {
        if (!(await this.process.advance(now))) break;
      }
      await this.pipeline.flush(now);
    });
  }

  /** Steps by itself, with a pause (milliseconds) after each step, until halted. */
  run(everyMs: number): void {
    this.loop ??= new Loop(() => this.step(), everyMs);
  }

  async halt(): Promise<void> {
    await this.loop?.halt();
    this.loop = undefined;
  }

  async close(): Promise<void> {
    await this.halt();
    await this.work.run(() => this.connection.close());
  }

  /** Looks at the database in the next step, without waiting for the poll. */
  poll(): void {
    this.process.poll();
  }

  /**
   * Stops the build of this number, whosever it is. As the web page: a build that has ended is no error.
   *
   * @returns whether a running build was told
   * @throws Error when the master is down
   */
  stopBuild(buildername: string, number: number): boolean {
    if (!this.up) throw new Error('the master does not answer');
    return this.process.stop(buildername, number);
  }

  /** Ends the running build of a request in the next step, whatever its plan says. @returns whether there is one */
  finishBuild(brid: number, results?: BuildResult): boolean {
    return this.process.finish(brid, results);
  }

  /** The worker for a claimed request does not answer: when the claim window ends, the request is given back. */
  loseWorker(brid: number): void {
    this.process.loseWorker(brid);
  }

  /** A user of the web page cancels a request that has not started. @returns false when it was not there to be */
  cancelPending(brid: number): Promise<boolean> {
    return this.connection.transaction(async (statements) => {
      const rows = await statements.rows<{ buildsetid: number }>(
        'SELECT buildsetid FROM buildrequests WHERE id = ?',
        [brid],
      );
      if (!rows[0]) return false;
      const request = { brid, buildsetId: rows[0].buildsetid };
      return retireCancelled(
        statements,
        this.claims,
        request,
        this.process.identity,
        this.options.clock.now(),
      );
    });
  }

  /** Submits a request as one of this Buildbot's own schedulers does. @returns its id */
  submit(submission: Submission): Promise<number> {
    return this.connection.transaction((statements) =>
      submitRequest(statements, this.options.schema, submission),
    );
  }

  /** kill -9: nothing is written, and messages that were only in memory are gone. */
  kill(): Promise<void> {
    return this.work.run(async () => {
      this.up = false;
      this.process = this.begin(this.incarnation);
      this.pipeline.crash(this.options.clock.now());
    });
  }

  /** Starts the process again, as another incarnation of the same master. */
  restart(incarnation?: string): Promise<void> {
    return this.work.run(async () => {
      const boot = Math.floor(this.options.clock.now());
      const pid = Number(/^pid(\d+)/.exec(this.incarnation)?.[1] ?? 0) + 1;
      this.process = this.begin(incarnation ?? `pid${pid}-boot${boot}`);
      this.numbers.crash();
      this.counters.message = 0;
      this.up = true;
    });
  }

  /** Sets the number of a builder's next build. */
  continueNumbersAt(buildername: string, number: number): void {
    this.numbers.continueAt(buildername, number);
  }

  /** Builders that build nothing, because of a row that Buildbot's code cannot read. */
  blockedBuilders(): BlockedBuilder[] {
    return this.picker.blockedBuilders;
  }

  inProgress(): BuildInProgress[] {
    return this.process.inProgress();
  }

  private begin(incarnation: string): MasterProcess {
    const { name, builders, pollInterval = 60, retryPause = 0.047 } = this.options;
    return new MasterProcess(
      { name, incarnation },
      { builders, pollInterval, retryPause },
      this.picker,
      this.course,
    );
  }
}
