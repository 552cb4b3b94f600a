import type { JsonValue } from '@bbb/rules';
import { ManualClock } from '../../../test/support/doubles/manual-clock.js';
import type { DatabaseKind } from '../../../test/support/databases.js';
import { provideEmptyDatabase } from '../../../test/support/emptied-database.js';
import { MasterSimulator } from '../master.js';
import type { MasterOptions } from '../master-options.js';
import type { BuilderSetting } from '../plan.js';
import { SchedulerConnection, type SqlValue } from '../scheduler/connection.js';
import { createSchedulerSchema, type SchedulerSchema } from '../scheduler/schema.js';

export const LINUX: BuilderSetting = {
  name: 'Linux x86-64 mozilla-central build',
  shortname: 'mozilla-central-linux64',
  workers: ['bld-linux64-spot-318', 'bld-linux64-spot-319'],
  properties: {
    branch: 'mozilla-central',
    platform: 'linux64',
    product: 'firefox',
    repo_path: 'mozilla-central',
    script_repo_revision: 'production',
  },
};

export const TASKS = ['f3DnZ0QnQqWl0cH1Cq9vLw', 'aG7wTj2bQhS5x0d3Jm1RkA'] as const;

/** Loosely typed, for the reading of a test. */
export type Parsed = ReturnType<typeof JSON.parse>;

export interface Published {
  exchange: string;
  routingKey: string;
  message: Parsed;
}

/** A scheduler database, a clock, and masters at work on them. */
export class Bench {
  readonly clock = new ManualClock(1_494_586_000.25);
  readonly published: Published[] = [];
  private readonly masters: MasterSimulator[] = [];

  private constructor(
    readonly url: string,
    readonly schema: SchedulerSchema,
    private readonly connection: SchedulerConnection,
    private readonly drop: () => Promise<void>,
  ) {}

  static async open(kind: DatabaseKind, schema: SchedulerSchema): Promise<Bench> {
    const database = await provideEmptyDatabase(kind, `schema ${schema}`, ({ url }) =>
      createSchedulerSchema(url, schema),
    );
    const connection = await SchedulerConnection.open(database.url);
    return new Bench(database.url, schema, connection, () => database.drop());
  }

  async master(options: Partial<MasterOptions> = {}): Promise<MasterSimulator> {
    const master = await MasterSimulator.start({
      databaseUrl: this.url,
      schema: this.schema,
      name: 'bm73.example.com:/builds/buildbot/build1/master',
      builders: [LINUX],
      clock: this.clock,
      publish: (exchange: string, routingKey: string, message: JsonValue) => {
        this.published.push({ exchange, routingKey, message });
      },
      pollInterval: 0,
      pipeline: { delay: { started: 0, finished: 0, log_uploaded: 0 } },
      ...options,
    });
    this.masters.push(master);
    return master;
  }

  rows<Row = Record<string, Parsed>>(sql: string, values: SqlValue[] = []): Promise<Row[]> {
    return this.connection.read((statements) => statements.rows<Row>(sql, values));
  }

  change(sql: string, values: SqlValue[] = []): Promise<number> {
    return this.connection.read((statements) => statements.change(sql, values));
  }

  async request(brid: number) {
    return (await this.rows('SELECT * FROM buildrequests WHERE id = ?', [brid]))[0]!;
  }

  async buildset(brid: number) {
    const sql =
      'SELECT bs.* FROM buildsets bs JOIN buildrequests br ON br.buildsetid = bs.id WHERE br.id = ?';
    return (await this.rows(sql, [brid]))[0]!;
  }

  builds(brid: number) {
    return this.rows('SELECT * FROM builds WHERE brid = ? ORDER BY id', [brid]);
  }

  /** Who holds a request, whatever the schema. */
  async claimed(brid: number): Promise<boolean> {
    if (this.schema === 6) return Number((await this.request(brid)).claimed_at) > 0;
    return (await this.rows('SELECT * FROM buildrequest_claims WHERE brid = ?', [brid])).length > 0;
  }

  /** The kinds of the messages so far, in the order of their arrival. */
  get kinds(): string[] {
    return this.published.map(({ routingKey }) => routingKey.split('.').slice(2).join(' '));
  }

  async close(): Promise<void> {
    for (const master of this.masters) await master.close();
    await this.connection.close();
    await this.drop();
  }
}

/** Submits what the bridge would submit for a task. */
export function submitTask(
  master: MasterSimulator,
  taskId: string,
  more: { priority?: number; at?: number } = {},
) {
  return master.submit({
    buildername: LINUX.name,
    submittedAt: more.at ?? 1_494_586_000,
    branch: 'mozilla-central',
    revision: 'cd5fab20f6bd128847ef8131c9aeed63cde019fc',
    reason: `Created by BBB for task ${taskId}`,
    externalId: `taskId:${taskId}`,
    priority: more.priority ?? 0,
    properties: { product: 'firefox', taskId },
    source: 'bbb',
  });
}
