import type { RequestKey, RequestSpec } from '@bbb/rules';
import { batchCalls } from '@bbb/sql';
import { type KeyLocks, lockName } from '../locks/key-locks.js';
import type { SchedulerSchema } from '../schema/recognise-schema.js';
import { createRequestRows, type RequestRows } from './request-rows.js';

/** Maximum requests created together. */
const BATCH_SIZE = 40;

/** Maximum characters in the properties of requests created together: old MySQL servers take a packet of a megabyte. */
const BATCH_TEXT = 300_000;

interface Creation {
  spec: RequestSpec;
  stillWanted: () => Promise<boolean>;
}

interface Prepared extends Creation {
  rows: RequestRows;
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
    const prepared = creations.map((creation) => ({
      ...creation,
      rows: createRequestRows(creation.spec, schema),
    }));
    const answers: (number | undefined | typeof HELD)[] = [];
    // Those before a part that fails stay created: whoever asks again finds them by their keys.
    for (const part of splitByText(prepared)) answers.push(...(await this.createTogether(part)));
    return answers;
  }

  private createTogether(creations: readonly Prepared[]): Promise<(number | undefined | typeof HELD)[]> {
    // Runs of one task share a lock, which its holder is granted again.
    const first = [...new Map(creations.map((creation) => [lockName(creation.spec), creation])).values()];
    const keys = first.map(({ spec }) => spec);
    return this.underLocks(keys, async ({ found, insert }) => {
      const locked = new Set(first.filter(({ spec }) => found.has(spec)));
      const missing = [...locked].filter(({ spec }) => found.get(spec) === undefined);
      const answers = await Promise.all(missing.map(({ stillWanted }) => stillWanted()));
      const wanted = missing.filter((_, index) => answers[index]);
      const ids = wanted.length > 0 ? await insert(wanted.map(({ rows }) => rows)) : [];
      const created = new Map(wanted.map((creation, index) => [creation, ids[index]]));
      return creations.map((creation) =>
        locked.has(creation) ? (found.get(creation.spec) ?? created.get(creation)) : HELD,
      );
    });
  }
}

/** Parts in the order given, each with as much text as fits; a larger request is a part of its own. */
function splitByText(creations: readonly Prepared[]): Prepared[][] {
  const parts: Prepared[][] = [];
  let left = 0;
  for (const creation of creations) {
    const size = countText(creation.rows);
    if (size > left || parts.length === 0) {
      parts.push([]);
      left = BATCH_TEXT;
    }
    parts.at(-1)!.push(creation);
    left -= size;
  }
  return parts;
}

function countText({ properties }: RequestRows): number {
  return properties.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
}
