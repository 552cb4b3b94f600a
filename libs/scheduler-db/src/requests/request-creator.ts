import type { RequestKey, RequestSpec } from '@bbb/rules';
import { batchCalls } from '@bbb/sql';
import { type KeyLocks, lockName } from '../locks/key-locks.js';
import type { SchedulerSchema } from '../schema/recognise-schema.js';
import { createRequestRows } from './request-rows.js';

/** Requests created together: fewer than fill the megabyte that old MySQL servers take in one packet by default. */
const BATCH_SIZE = 10;

interface Creation {
  spec: RequestSpec;
  stillWanted: () => Promise<boolean>;
}

/** Another instance holds the lock of the task, or another request of the same task is being created. */
const HELD = Symbol('held');

/** Creates exactly one request for each key, in batches, under the locks of the keys. */
export class RequestCreator {
  private readonly createInBatch = batchCalls(
    (creations: readonly Creation[]) => this.createAll(creations),
    BATCH_SIZE,
  );

  constructor(
    private readonly underLocks: KeyLocks,
    private readonly readSchema: () => Promise<SchedulerSchema>,
  ) {}

  async create(spec: RequestSpec, stillWanted: () => Promise<boolean>): Promise<number | undefined> {
    const creation = { spec, stillWanted };
    const created = await this.createInBatch(creation);
    if (created !== HELD) return created;
    // For a single key the lock is waited for.
    const [alone] = await this.createAll([creation]);
    return alone as number | undefined;
  }

  async withdraw(key: RequestKey, forget: () => Promise<void>): Promise<number | undefined> {
    await this.readSchema();
    return this.underLocks([key], async ({ found }) => {
      const request = found.get(key);
      if (request === undefined) await forget();
      return request;
    });
  }

  private async createAll(creations: readonly Creation[]): Promise<(number | undefined | typeof HELD)[]> {
    const schema = await this.readSchema();
    // Runs of one task share a lock, which its holder is granted again.
    const first = [...new Map(creations.map((creation) => [lockName(creation.spec), creation])).values()];
    const keys = first.map(({ spec }) => spec);
    return this.underLocks(keys, async ({ found, insert }) => {
      const locked = new Set(first.filter(({ spec }) => found.has(spec)));
      const missing = [...locked].filter(({ spec }) => found.get(spec) === undefined);
      const answers = await Promise.all(missing.map(({ stillWanted }) => stillWanted()));
      const wanted = missing.filter((_, index) => answers[index]);
      const rows = wanted.map(({ spec }) => createRequestRows(spec, schema));
      const ids = rows.length > 0 ? await insert(rows) : [];
      const created = new Map(wanted.map((creation, index) => [creation, ids[index]]));
      return creations.map((creation) =>
        locked.has(creation) ? (found.get(creation.spec) ?? created.get(creation)) : HELD,
      );
    });
  }
}
