import { Inject, Injectable, Logger } from '@nestjs/common';
import { type AbsenceCount, Buildbot, Clock, TaskQueue, type TrackedTask } from '@bbb/rules';
import { CONFIGURATION, type Configuration } from '@bbb/configuration';
import { Reconciler } from '@bbb/reconciler';
import { isMissing, observe, type ObservedRow, type Sides, withDoubt } from './walk/observed-row.js';
import { type Pass, SharedWalks, type WalkedPage } from './walk/shared-walks.service.js';
import { prefetch } from './prefetch.js';
import { AbsenceBrake } from './absence-brake.service.js';
import { ExpectedMessages } from './expected-messages.js';
import { forEachConcurrently } from './for-each-concurrently.js';
import type { OverdueRequests } from './overdue-requests.js';
import { VerdictCounts } from './verdict-counts.js';

/**
 * Rows reconciled concurrently for each connection to Taskcluster. Enough to keep all connections busy and to batch reads
 * and writes; few enough that calls to a slow Taskcluster do not time out while they wait for a connection.
 */
const ROWS_PER_CONNECTION = 4;

/** Pages read while one is processed: reading a page takes longer than finding that nothing needs to be done. */
const PREFETCHED_PAGES = 2;

/** Missing tasks that wait for the count of all; when more are missing, the last count says whether that is believed. */
const MOST_HELD = 5000;

interface Page extends WalkedPage {
  sides: Promise<Sides>;
}

interface Walk {
  /** @param isWell says whether every system could be reached so far */
  pages: (isWell: () => boolean) => AsyncGenerator<WalkedPage>;
  /**
   * Judges at the end whether what is missing is to be doubted.
   *
   * @param own count of the tasks that were in no part
   * @param missing number of all missing tasks
   */
  isDoubted: (own: AbsenceCount, missing: number) => Promise<boolean>;
}

/**
 * Reconciles every tracked task, most urgent claim first, with both sides read in batches. Missing tasks come last: whether
 * too many are missing is known only when all rows are counted.
 */
@Injectable()
export class TrackedTasksStep {
  private readonly logger = new Logger(TrackedTasksStep.name);
  private readonly expected = new ExpectedMessages();

  constructor(
    private readonly queue: TaskQueue,
    private readonly buildbot: Buildbot,
    private readonly walks: SharedWalks,
    private readonly reconciler: Reconciler,
    private readonly brake: AbsenceBrake,
    private readonly clock: Clock,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
  ) {}

  /**
   * Reconciles all tracked tasks, but for those that other reflectors take.
   *
   * @param verdicts receives the verdicts about the tracked tasks
   * @param overdue receives the build requests of the tracked tasks
   * @throws Unavailable when Taskcluster, Buildbot or the rows cannot be read, after the rows before are processed; an
   *   error about one task is only logged
   */
  run(pass: Pass, verdicts = new VerdictCounts(), overdue?: OverdueRequests): Promise<void> {
    const isDoubted = async (own: AbsenceCount) => {
      const count = await this.walks.addUp(pass.begun, own);
      return count === undefined || this.brake.apply(count);
    };
    // Also without Buildbot it goes on to the end: all claims have to be reclaimed.
    return this.walkOver({ pages: () => this.walks.walk(pass), isDoubted }, verdicts, overdue);
  }

  /**
   * Helps another reflector with its pass. What is missing is judged by the last pass: only the other counts all.
   *
   * @param pass its begin, in epoch seconds
   * @throws Unavailable as {@link run} does
   */
  help(pass: number, verdicts: VerdictCounts, overdue: OverdueRequests): Promise<void> {
    const isDoubted = (_own: AbsenceCount, missing: number) => this.brake.isOnFor(missing);
    // A reflector that cannot reach a system leaves the parts to those that can.
    const pages = (isWell: () => boolean) => this.walks.takeParts(pass, isWell);
    return this.walkOver({ pages, isDoubted }, verdicts, overdue);
  }

  private async walkOver(walk: Walk, verdicts: VerdictCounts, overdue?: OverdueRequests): Promise<void> {
    this.expected.beginWalk(this.clock.now());
    const concurrency = ROWS_PER_CONNECTION * this.configuration.taskcluster.maxConnections;
    const isOver = () => this.reconciler.isStopping;
    const settle = (observed: ObservedRow) => {
      verdicts.count('wait');
      overdue?.count(observed, 'wait');
    };
    await forEachConcurrently(this.readUnsettled(walk, settle), concurrency, isOver, (observed) =>
      this.workOn(observed, verdicts, overdue),
    );
  }

  /** @param settle called for each row that needs nothing */
  private async *readUnsettled(
    { pages, isDoubted }: Walk,
    settle: (observed: ObservedRow) => void,
  ): AsyncGenerator<ObservedRow> {
    const held: ObservedRow[] = [];
    const own = { seen: 0, missing: 0 };
    let missing = 0;
    let failure: Error | undefined;
    const walked = pages(() => failure === undefined);
    try {
      let ofPart = { seen: 0, missing: 0 };
      for await (const { rows, sides, part } of prefetch(this.readPages(walked), PREFETCHED_PAGES)) {
        const read = await sides;
        failure ??= read.failure;
        const count = part ? ofPart : own;
        count.seen += rows.length;
        const page = rows.map((row) => this.observe(row, read));
        const unsettled = new Set(this.reconciler.selectUnsettled(page));
        for (const observed of page) if (!unsettled.has(observed)) settle(observed);
        for (const observed of unsettled) {
          if (!isMissing(observed)) {
            yield observed;
            continue;
          }
          held.push(observed);
          count.missing++;
          missing++;
          if (held.length >= MOST_HELD) yield* withDoubt(held.splice(0), await this.brake.isOnFor(missing));
        }
        if (!part?.isLast) continue;
        // What was not read was not counted either.
        if (failure === undefined) await this.walks.count(part.pass, ofPart);
        ofPart = { seen: 0, missing: 0 };
      }
    } catch (error) {
      failure = error as Error;
    }
    if (this.reconciler.isStopping) return;
    // After a failure the count is incomplete, so no absence is believed.
    yield* withDoubt(held, failure !== undefined || (await isDoubted(own, missing)));
    if (failure !== undefined) throw failure;
  }

  private async *readPages(walked: AsyncGenerator<WalkedPage>): AsyncGenerator<Page> {
    for await (const page of walked) {
      const sides = this.readSides(page.rows);
      sides.catch(() => undefined);
      yield { ...page, sides };
      if (this.reconciler.isStopping) return;
    }
  }

  private async readSides(rows: readonly TrackedTask[]): Promise<Sides> {
    if (rows.length === 0) return { statuses: new Map(), snapshots: new Map() };
    // Runs first, requests second: a request seen complete was so when its run was still seen live, or later.
    const statuses = await this.queue.readStatuses(rows.map(({ taskId }) => taskId));
    return { statuses, ...(await this.readSnapshots(rows)) };
  }

  private observe(row: TrackedTask, sides: Sides): ObservedRow {
    const observed = observe(row, sides);
    observed.expectedFor = this.expected.measureWait(row.taskId, observed, this.clock.now());
    return observed;
  }

  private async workOn(
    observed: ObservedRow,
    verdicts: VerdictCounts,
    overdue: OverdueRequests | undefined,
  ): Promise<void> {
    const { row, statusError, requestError, ...read } = observed;
    const { taskId, runId, buildRequestId } = row;
    try {
      if (statusError) throw statusError;
      if (requestError)
        this.logger.warn(
          { taskId, buildRequestId, error: requestError },
          'build request cannot be read; reclaiming only',
        );
      const verdict = await verdicts.countOutcome(this.reconciler.reconcile(taskId, { ...read, row }));
      overdue?.count(observed, verdict);
    } catch (error) {
      this.logger.warn(
        { taskId, runId, buildRequestId, error },
        'task not reconciled; will retry on the next pass',
      );
    }
  }

  /** Without snapshots while Buildbot is unavailable: claims are still reclaimed. */
  private async readSnapshots(rows: readonly TrackedTask[]): Promise<Pick<Sides, 'snapshots' | 'failure'>> {
    try {
      return {
        snapshots: await this.buildbot.readSnapshots(
          rows.flatMap(({ buildRequestId }) => buildRequestId ?? []),
        ),
      };
    } catch (error) {
      this.logger.warn({ error }, 'Buildbot unreachable; reclaiming only');
      return { failure: error as Error };
    }
  }
}
