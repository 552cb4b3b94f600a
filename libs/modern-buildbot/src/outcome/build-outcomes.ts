import { Logger } from '@nestjs/common';
import { type BuildOutcome, type BuildRef, Refused } from '@bbb/rules';
import * as z from 'zod';
import type { RestClient } from '../rest/rest-client.js';
import { hasFailed, readFailedStepLog } from './step-log.js';

const property = z.tuple([z.unknown(), z.string()]);
const buildList = z.object({
  builds: z
    .array(
      z.object({
        builderid: z.int(),
        number: z.int(),
        results: z.int().nullable(),
        properties: z.record(z.string(), z.unknown()),
      }),
    )
    .length(1),
});
const config = z.object({ buildbotURL: z.url({ protocol: /^https?$/ }) });

/** Reads the outcomes of finished builds. */
export class BuildOutcomes {
  private readonly logger = new Logger('BuildOutcomes');
  private pages: string | undefined;

  /** @param stepLogBytes maximum bytes of the failed step's log; 0 to read none */
  constructor(
    private readonly client: RestClient,
    private readonly stepLogBytes: number,
  ) {}

  /**
   * The properties of a build, and the URL of its page with its logs. The page belongs to the builder of the build, which
   * may differ from the builder of its request.
   *
   * @returns undefined when Buildbot does not know the build
   */
  async read({ buildId }: BuildRef): Promise<BuildOutcome | undefined> {
    const path = `/api/v2/builds/${buildId}`;
    const found = await this.client.get(path, [['property', '*']], buildList, 'urgent').catch(ignoreNotFound);
    if (!found) return undefined;
    const { builderid, number, results, properties } = found.builds[0]!;
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

function ignoreNotFound(error: unknown): undefined {
  if (error instanceof Refused && error.status === 404) return undefined;
  throw error;
}
