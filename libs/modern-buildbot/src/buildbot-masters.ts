import { Logger, type OnApplicationShutdown } from '@nestjs/common';
import type {
  BuilderKnown,
  BuildOutcome,
  BuildRef,
  MarkedRequest,
  RequestKey,
  RequestPlace,
  RequestSnapshot,
  RequestSpec,
} from '@bbb/rules';
import * as z from 'zod';
import { BuildOutcomes } from './outcome/build-outcomes.js';
import { Builders } from './builders.js';
import { ForceCreator } from './creation/force-creator.js';
import { NewestOfKey } from './creation/find-newest.js';
import { OpenRequestLimit } from './creation/open-request-limit.js';
import { RequestCreator } from './creation/request-creator.js';
import { Withdrawals } from './creation/withdrawals.js';
import { EventStream } from './hints/event-stream.js';
import { Masters } from './masters.js';
import type { BuildbotMastersOptions } from './options.js';
import { RequestPlaces } from './requests/request-place.js';
import { RequestReader } from './requests/request-reader.js';
import { RestClient } from './rest/rest-client.js';

const config = z.object({});

/** What a stock ForceScheduler does not do. */
const WEAKER_PROMISE =
  'without the plugin (buildbot.creation: force), a build request may be created twice, or for a task that has just ended; the reflector cancels it';

/** One modern Buildbot over REST, with the methods of the Buildbot port. Throws as {@link RestClient} does. */
export class BuildbotMasters implements OnApplicationShutdown {
  private readonly logger = new Logger('BuildbotMasters');
  private readonly masters: Masters;
  private readonly builders: Builders;
  private readonly reader: RequestReader;
  private readonly limit: OpenRequestLimit;
  private readonly creator: RequestCreator | ForceCreator;
  private readonly outcomes: BuildOutcomes;
  private readonly places: RequestPlaces;

  /**
   * @param connect opens the REST API at a base URL
   * @param uptime seconds since any fixed moment
   */
  constructor(
    options: BuildbotMastersOptions,
    connect = (url: string) => new RestClient({ ...options, url }),
    uptime = () => performance.now() / 1000,
  ) {
    const { scheduler, maxOpenPerBuilder, withdrawalGrace = 60, unknownGrace = 10 } = options;
    this.masters = new Masters(options, connect);
    const { main } = this.masters;
    this.builders = new Builders(main, scheduler, unknownGrace);
    const isStock = options.creation === 'force';
    this.reader = new RequestReader(main, this.builders, isStock ? 'reason' : 'id');
    this.limit = new OpenRequestLimit(main, this.builders, maxOpenPerBuilder);
    this.creator = isStock
      ? new ForceCreator(main, scheduler, options.timeout, this.reader, this.builders, this.limit)
      : new RequestCreator(
          main,
          scheduler,
          new NewestOfKey(main, this.reader),
          new Withdrawals(withdrawalGrace, uptime),
          this.limit,
        );
    if (isStock)
      this.logger.warn({ scheduler, promise: WEAKER_PROMISE }, 'creating build requests without the plugin');
    this.outcomes = new BuildOutcomes(main, options.stepLogBytes ?? 0);
    this.places = new RequestPlaces(main, this.builders, options.url);
  }

  onApplicationShutdown(): void {
    this.masters.close();
  }

  create(spec: RequestSpec, stillWanted: () => Promise<boolean>): Promise<number | undefined> {
    return this.creator.create(spec, stillWanted);
  }

  hasRoomFor(buildername: string): Promise<boolean> {
    return this.limit.hasRoomFor(buildername);
  }

  find(key: RequestKey): Promise<number | undefined> {
    return this.creator.find(key);
  }

  withdraw(key: RequestKey, forget: () => Promise<void>): Promise<number | undefined> {
    return this.creator.withdraw(key, forget);
  }

  readSnapshots(buildRequestIds: readonly number[]): Promise<Map<number, RequestSnapshot | Error>> {
    return this.reader.readSnapshots(buildRequestIds);
  }

  listMarkedOpenRequests(afterBuildRequestId: number, limit: number): Promise<MarkedRequest[]> {
    return this.reader.listMarkedOpen(afterBuildRequestId, limit);
  }

  readPlace(request: RequestSnapshot): Promise<RequestPlace> {
    return this.places.read(request);
  }

  listBuilders(): Promise<readonly string[]> {
    return this.builders.list();
  }

  knows(buildername: string): Promise<BuilderKnown> {
    return this.builders.knows(buildername);
  }

  readOutcome(build: BuildRef): Promise<BuildOutcome | undefined> {
    return this.outcomes.read(build);
  }

  /**
   * Requests the cancellation from the master that has claimed the request. The request is read again first: cancelling an
   * id that Buildbot does not know yet would prevent a later request with that id from being built.
   */
  async cancel({ buildRequestId, key }: RequestSnapshot): Promise<void> {
    const [row] = await this.reader.readRequests('buildrequestid', [buildRequestId], 'urgent');
    if (!row || row.complete) return;
    const seen = await this.reader.createSnapshot(row);
    if (seen.key?.taskId !== key?.taskId || seen.key?.createdForRunId !== key?.createdForRunId) {
      this.logger.warn(
        { buildRequestId, expected: key, key: seen.key },
        'not cancelling: the build request id now belongs to another request',
      );
      return;
    }
    if (await this.reader.isInTransition(row)) return;
    const master = await this.masters.withId(row.claimed_by_masterid);
    const reason = key ? `Buildbot Bridge: no longer needed by task ${key.taskId}` : 'Buildbot Bridge';
    await master.call(`/api/v2/buildrequests/${buildRequestId}`, 'cancel', { reason }, z.null());
  }

  /** The events of all masters. Events of a master are seen by others only if they share a message queue. */
  createEventStreams(): EventStream[] {
    return this.masters.all.map((master) => new EventStream(master));
  }

  /** Why the REST API is unavailable; undefined when it is available. */
  findProblem(): Promise<string | undefined> {
    return catchProblem(this.masters.main.get('/config', [], config, 'urgent'));
  }

  /** Why the configured way of creation cannot take properties; empty when it can. */
  findProblems(spec: Pick<RequestSpec, 'properties'>): Promise<string[]> {
    return this.creator.findProblems(spec);
  }

  /** Problem with the scheduler in master.cfg, or what it does not promise; undefined when there is none. */
  async findSchedulerProblem(): Promise<string | undefined> {
    const isStock = this.creator instanceof ForceCreator;
    return (await this.builders.findSchedulerProblem(isStock)) ?? (isStock ? WEAKER_PROMISE : undefined);
  }

  /** Why the login fails; undefined when it succeeds. */
  findLoginProblem(): Promise<string | undefined> {
    return catchProblem(this.masters.main.checkLogin());
  }
}

async function catchProblem(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
