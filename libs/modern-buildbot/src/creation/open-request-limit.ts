import { Logger } from '@nestjs/common';
import * as z from 'zod';
import type { Builders } from '../builders.js';
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
  private readonly logger = new Logger('OpenRequestLimit');
  private readonly counts = new Map<string, Promise<Count>>();
  /** Builders that had no room when last asked. */
  private readonly full = new Set<string>();

  /** @param most maximum open requests of a builder; undefined for no limit */
  constructor(
    private readonly client: RestClient,
    private readonly builders: Builders,
    private readonly most: number | undefined,
  ) {}

  /** Whether a builder has fewer open requests than the maximum. */
  async hasRoomFor(buildername: string): Promise<boolean> {
    if (this.most === undefined) return true;
    const { open } = await this.countOpen(buildername, this.most);
    const isFull = open >= this.most;
    if (isFull && !this.full.has(buildername)) {
      this.full.add(buildername);
      this.logger.warn(
        { buildername, open: this.most },
        'builder has buildbot.max_open_per_builder open build requests; its tasks stay pending',
      );
    } else if (!isFull && this.full.delete(buildername)) {
      this.logger.log({ buildername, open }, 'builder has room for build requests again');
    }
    return !isFull;
  }

  /** Counts a request that is being created. */
  count(buildername: string): void {
    void this.counts.get(buildername)?.then(
      (count) => count.open++,
      () => undefined,
    );
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
    // Whether an unknown builder may be used is decided elsewhere.
    if (builderId === undefined) return { at: performance.now(), open: 0 };
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
