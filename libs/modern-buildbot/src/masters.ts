import * as z from 'zod';
import type { BuildbotMastersOptions } from './options.js';
import type { RestClient } from './rest/rest-client.js';

const masterList = z.object({ masters: z.array(z.object({ masterid: z.int(), name: z.string() })) });

/**
 * The masters of one Buildbot, which share a database. Each can read everything, but only the master that has claimed a
 * request can cancel it, and a key is unique only when a single master creates requests.
 */
export class Masters {
  /** The master that creates requests and from which everything is read. */
  readonly main: RestClient;
  private readonly others: ReadonlyMap<string, RestClient>;
  private readonly names = new Map<number, string>();

  constructor(
    { url, masters }: Pick<BuildbotMastersOptions, 'url' | 'masters'>,
    connect: (url: string) => RestClient,
  ) {
    this.main = connect(url);
    this.others = new Map(Object.entries(masters).map(([name, own]) => [name, connect(own)]));
  }

  /** The master with this id in Buildbot; the main one when its name is not configured. */
  async withId(masterId: number | null): Promise<RestClient> {
    if (masterId === null || this.others.size === 0) return this.main;
    if (!this.names.has(masterId)) await this.readNames();
    return this.others.get(this.names.get(masterId) ?? '') ?? this.main;
  }

  /** The main master and the others. */
  get all(): RestClient[] {
    return [this.main, ...this.others.values()];
  }

  close(): void {
    for (const client of this.all) client.close();
  }

  private async readNames(): Promise<void> {
    const query = [['field', 'masterid'] as const, ['field', 'name'] as const];
    const { masters } = await this.main.get('/api/v2/masters', query, masterList, 'urgent');
    for (const { masterid, name } of masters) this.names.set(masterid, name);
  }
}
