import { type BuildOutcome, type BuildRef, Refused } from '@bbb/rules';
import * as z from 'zod';
import type { RestClient } from './rest/rest-client.js';

const property = z.tuple([z.unknown(), z.string()]);
const buildList = z.object({
  builds: z
    .array(z.object({ builderid: z.int(), number: z.int(), properties: z.record(z.string(), z.unknown()) }))
    .length(1),
});
const config = z.object({ buildbotURL: z.url({ protocol: /^https?$/ }) });

/** Reads what finished builds leave behind. */
export class BuildOutcomes {
  private pages: string | undefined;

  constructor(private readonly client: RestClient) {}

  /**
   * The properties of a build, and the page on which its logs are. The page is that of the builder that has the build,
   * which may be another one than that of its request.
   *
   * @returns undefined when Buildbot does not know the build
   */
  async read({ buildId }: BuildRef): Promise<BuildOutcome | undefined> {
    const path = `/api/v2/builds/${buildId}`;
    const found = await this.client.get(path, [['property', '*']], buildList, 'urgent').catch(absentAs404);
    if (!found) return undefined;
    const { builderid, number, properties } = found.builds[0]!;
    return {
      properties: Object.entries(properties).flatMap(([name, entry]) => {
        // One unreadable property is no reason to lose the others.
        const { success, data } = property.safeParse(entry);
        return success ? [[name, data[0], data[1]] as const] : [];
      }),
      log: {
        url: `${await this.pagesUrl()}#/builders/${builderid}/builds/${number}`,
        contentType: 'text/html',
      },
    };
  }

  /** The URL under which people see the master, which may be another one than the bridge's. */
  private async pagesUrl(): Promise<string> {
    this.pages ??= (await this.client.get('/config', [], config, 'urgent')).buildbotURL;
    return this.pages;
  }
}

function absentAs404(error: unknown): undefined {
  if (error instanceof Refused && error.status === 404) return undefined;
  throw error;
}
