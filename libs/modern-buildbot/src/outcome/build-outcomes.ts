import { Logger } from '@nestjs/common';
import { type BuildOutcome, type BuildRef, Unavailable } from '@bbb/rules';
import * as z from 'zod';
import { SYSTEM } from '../options.js';
import { MalformedAnswer, type RestClient, ServerFailure } from '../rest/rest-client.js';
import { shareReads } from '../rest/share-reads.js';
import { hasFailed, readFailedStepLog } from './step-log.js';

const property = z.tuple([z.unknown(), z.string()]);
const buildRow = z.object({
  buildid: z.int(),
  builderid: z.int(),
  number: z.int(),
  results: z.int().nullable(),
  properties: z.record(z.string(), z.unknown()),
});
const buildList = z.object({ builds: z.array(buildRow) });
type Build = z.infer<typeof buildRow>;
const config = z.object({ buildbotURL: z.url({ protocol: /^https?$/ }) });

/** Builds in one read. A master reads the properties of each on its own, about a millisecond. */
const MOST_BUILDS = 20;

/** Reads the outcomes of finished builds; reads share calls. */
export class BuildOutcomes {
  private readonly logger = new Logger('BuildOutcomes');
  private readonly readBuild: (buildId: number) => Promise<Build | undefined>;
  private pages: string | undefined;

  /** @param stepLogBytes maximum bytes of the failed step's log; 0 to read none */
  constructor(
    private readonly client: RestClient,
    private readonly stepLogBytes: number,
  ) {
    this.readBuild = shareReads((ids) => this.readBuilds(ids), MOST_BUILDS);
  }

  /**
   * The properties of a build, and the URL of its page with its logs. The page belongs to the builder of the build, which
   * may differ from the builder of its request.
   *
   * @returns undefined when Buildbot does not know the build
   */
  async read({ buildId }: BuildRef): Promise<BuildOutcome | undefined> {
    const build = await this.readBuild(buildId);
    if (!build) return undefined;
    const { builderid, number, results, properties } = build;
    const failedStep =
      this.stepLogBytes > 0 && hasFailed(results) ? await this.readStepLog(buildId) : undefined;
    return {
      properties: Object.entries(properties).flatMap(([name, entry]) => {
        // An unreadable property is left out; the others are kept.
        const { success, data } = property.safeParse(entry);
        return success ? [[name, data[0], data[1]] as const] : [];
      }),
      log: {
        url: `${await this.findPagesUrl()}#/builders/${builderid}/builds/${number}`,
        contentType: 'text/html',
      },
      ...(failedStep && { failedStep }),
    };
  }

  private async readBuilds(ids: readonly number[]): Promise<(Build | undefined)[]> {
    const query = [...ids.map((id) => ['buildid__in', id] as const), ['property', '*'] as const];
    const { builds } = await this.client
      .get('/api/v2/builds', query, buildList, 'urgent')
      .catch((error: unknown) => {
        // One property that the database has truncated fails the whole read.
        throw error instanceof ServerFailure ? new MalformedAnswer(SYSTEM, error.message) : error;
      });
    const byId = new Map(builds.map((build) => [build.buildid, build]));
    if (![...byId.keys()].every((id) => ids.includes(id)))
      throw new Unavailable(SYSTEM, 'the Buildbot master answered with rows that were not requested');
    return ids.map((id) => byId.get(id));
  }

  /** A log that cannot be read is left out; the others are not held up by it. */
  private async readStepLog(buildId: number): Promise<BuildOutcome['failedStep']> {
    try {
      return await readFailedStepLog(this.client, buildId, this.stepLogBytes);
    } catch (error) {
      this.logger.warn({ buildId, error }, 'log of the failed step could not be read; not published');
      return undefined;
    }
  }

  /** The URL at which users open the master's pages; it may differ from the bridge's. */
  private async findPagesUrl(): Promise<string> {
    this.pages ??= (await this.client.get('/config', [], config, 'urgent')).buildbotURL;
    return this.pages;
  }
}
