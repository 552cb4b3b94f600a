import { Injectable, Logger } from '@nestjs/common';
import {
  Buildbot,
  type BuilderKnown,
  type BuildRef,
  type RequestSpec,
  type MarkedRequest,
  type RequestKey,
  type RequestPlace,
  Refused,
  type RequestSnapshot,
} from '@bbb/rules';
import { SchedulerDb } from '@bbb/scheduler-db';
import { SelfServe } from '@bbb/self-serve';
import { BuilderList } from './builder-list.js';
import { LEGACY_PAYLOAD_RULES } from './payload-rules.js';

/** Buildbot 0.8: requests go into its scheduler database, cancellations through Self Serve. */
@Injectable()
export class LegacyBuildbot extends Buildbot {
  override readonly payloadRules = LEGACY_PAYLOAD_RULES;
  private readonly logger = new Logger('LegacyBuildbot');

  constructor(
    private readonly schedulerDb: SchedulerDb,
    private readonly selfServe: SelfServe,
    private readonly builders: BuilderList,
  ) {
    super();
  }

  override create(spec: RequestSpec, stillWanted: () => Promise<boolean>): Promise<number | undefined> {
    return this.schedulerDb.create(spec, stillWanted);
  }

  override find(key: RequestKey): Promise<number | undefined> {
    return this.schedulerDb.find(key);
  }

  override withdraw(key: RequestKey, forget: () => Promise<void>): Promise<number | undefined> {
    return this.schedulerDb.withdraw(key, forget);
  }

  override readSnapshots(buildRequestIds: readonly number[]): Promise<Map<number, RequestSnapshot | Error>> {
    return this.schedulerDb.readSnapshots(buildRequestIds);
  }

  override listMarkedOpenRequests(afterBuildRequestId: number, limit: number): Promise<MarkedRequest[]> {
    return this.schedulerDb.listMarkedOpenRequests(afterBuildRequestId, limit);
  }

  /**
   * Reads the key, build and branch of the request again first, in one statement. Self Serve stops the build that has the
   * number on the master of the current claim, so the id of an earlier build could stop another task's build. So it is
   * called only for the newest build of the request, and only while that runs. The build stops for all tasks that share
   * it; whether that is allowed is decided before.
   *
   * A build that died with its master looks running until its claim expires, and the restarted master gives its number to
   * the next build of the builder. Such a build is not stopped, because that would stop the other one.
   *
   * Self Serve finds requests by their source stamp's branch. One without a branch, which only the original bridge
   * created, is refused with the code `NoBranch`: it has to be cancelled on the page of its master.
   */
  override async cancel({ buildRequestId, key, state: known }: RequestSnapshot): Promise<void> {
    const target = await this.schedulerDb.findCancellationTarget(buildRequestId);
    if (!target) return;
    const { branch, snapshot, isNumberReused } = target;
    const { state } = snapshot;
    if (snapshot.key?.taskId !== key?.taskId || snapshot.key?.createdForRunId !== key?.createdForRunId) {
      this.logger.warn(
        { buildRequestId, expected: key, key: snapshot.key },
        'not cancelling: the build request id now belongs to another request',
      );
      return;
    }
    switch (state.at) {
      case 'building':
        if (isNumberReused) {
          this.logger.warn(
            { buildRequestId, ...state.build },
            'not stopping build: its number was reused after a master restart',
          );
          return;
        }
        if (known.at !== 'building' || known.build.buildId !== state.build.buildId)
          await this.refuseShared(state.build);
        await this.selfServe.cancelBuild(requireBranch(branch), state.build.buildId);
        return;
      case 'waiting':
      case 'requeued':
        await this.selfServe.cancelRequest(requireBranch(branch), buildRequestId);
        return;
      case 'finishing':
      case 'dropped':
      case 'cancelled':
      case 'finished':
        // Nothing runs that could be stopped.
        return;
    }
  }

  override listSharers({ buildId }: BuildRef): Promise<number[]> {
    return this.schedulerDb.listSharers(buildId);
  }

  /** Refuses to stop a build that has started since the cancellation was decided, if it serves other requests too. */
  private async refuseShared(build: BuildRef): Promise<void> {
    if ((await this.listSharers(build)).length === 0) return;
    throw new Refused('buildbot', 409, 'SharedBuild', 'a build has started that serves other requests, too');
  }

  /** Only the end message of a build has its properties and the URL of its log. */
  override readOutcome(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  /** The page is Self Serve's. The database does not tell which workers a builder has. */
  override async readPlace({ buildRequestId }: RequestSnapshot): Promise<RequestPlace> {
    const [place, target] = await Promise.all([
      this.schedulerDb.readPlace(buildRequestId),
      this.schedulerDb.findCancellationTarget(buildRequestId),
    ]);
    const branch = target?.branch ?? null;
    const url = branch === null ? null : this.selfServe.toPageUrl(branch, buildRequestId);
    return { url, ...place, workers: null };
  }

  override listBuilders(): Promise<readonly string[] | undefined> {
    return this.builders.list();
  }

  override knows(buildername: string): Promise<BuilderKnown> {
    return this.builders.knows(buildername);
  }
}

function requireBranch(branch: string | null): string {
  if (branch !== null) return branch;
  throw new Refused(
    'self-serve',
    400,
    'NoBranch',
    'the request has no branch, and Self Serve finds requests only by branch; cancel it on its master',
  );
}
