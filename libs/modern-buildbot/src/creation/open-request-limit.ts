import { Unavailable } from '@bbb/rules';
import * as z from 'zod';
import type { Builders } from '../builders.js';
import { SYSTEM } from '../options.js';
import type { RestClient } from '../rest/rest-client.js';

/** Seconds for which a count is used; requests created in the meantime are added to it. */
const COUNT_LIFETIME = 10;

const ids = z.object({ buildrequests: z.array(z.object({ buildrequestid: z.int() })) });

interface Count {
  /** Milliseconds since the process began. */
  at: number;
  open: number;
}

/** Keeps a builder's backlog short: with thousands of open requests a master takes seconds to start each build. */
export class OpenRequestLimit {
  private readonly counts = new Map<string, Promise<Count>>();

  /** @param most maximum open requests of a builder; undefined for no limit */
  constructor(
    private readonly client: RestClient,
    private readonly builders: Builders,
    private readonly most: number | undefined,
  ) {}

  /** @throws Unavailable when the builder has reached the maximum of open requests */
  async check(buildername: string): Promise<void> {
    if (this.most === undefined) return;
    const { open } = await this.countOpen(buildername, this.most);
    if (open >= this.most)
      throw new Unavailable(
        SYSTEM,
        `builder ${buildername} has ${this.most} open build requests (buildbot.max_open_per_builder); creating no more for now`,
      );
  }

  /** Counts a request that has been created. */
  count(buildername: string): void {
    void this.counts.get(buildername)?.then((count) => count.open++);
  }

  private async countOpen(buildername: string, most: number): Promise<Count> {
    const known = await this.counts.get(buildername);
    if (known && performance.now() - known.at < COUNT_LIFETIME * 1000) return known;
    const reading = this.read(buildername, most);
    this.counts.set(buildername, reading);
    reading.catch(() => this.counts.delete(buildername));
    return reading;
  }

  private async read(buildername: string, most: number): Promise<Count> {
    const builderId = await this.builders.findId(buildername);
    const { buildrequests } = await this.client.get(
      '/api/v2/buildrequests',
      [
        ['builderid', builderId],
        ['complete', 0],
        ['limit', most],
        ...['buildrequestid', 'builderid', 'complete'].map((name) => ['field', name] as const),
      ],
      ids,
      'urgent',
    );
    return { at: performance.now(), open: buildrequests.length };
  }
}
