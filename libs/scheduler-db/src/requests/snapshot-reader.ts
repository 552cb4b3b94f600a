import { Invalid, type RequestSnapshot, Unavailable } from '@bbb/rules';
import { batchCalls, MAX_IN_LIST } from '@bbb/sql';
import { toUnreadable } from './unreadable.js';

/** Requests as one statement has read them; one that cannot be read has its error in place of a snapshot. */
type Found = Map<number, RequestSnapshot | Error>;

/** Requests from which on a read is a statement of its own; smaller ones at the same time share statements. */
const MANY = 100;

/** Reads requests in as few statements as possible. */
export class SnapshotReader {
  private readonly readOne = batchCalls(async (ids: readonly number[]) => {
    const found = await this.select([...new Set(ids)]);
    return ids.map((id) => found.get(id));
  }, MAX_IN_LIST);

  /** @param select reads different requests in one statement */
  constructor(private readonly select: (ids: readonly number[]) => Promise<Found>) {}

  /** Requests as they stand. Unknown ids are missing from the map; requests that cannot be read have their error there. */
  async read(wanted: readonly number[]): Promise<Found> {
    const ids = [...new Set(wanted)];
    if (ids.length < MANY) return this.readSingly(ids);
    const found: Found = new Map();
    for (let at = 0; at < ids.length; at += MAX_IN_LIST)
      for (const [id, snapshot] of await this.readTogether(ids.slice(at, at + MAX_IN_LIST)))
        found.set(id, snapshot instanceof Invalid ? toUnreadable(id)(snapshot) : snapshot);
    return found;
  }

  private async readTogether(ids: readonly number[]): Promise<Found> {
    try {
      return await this.select(ids);
    } catch (error) {
      if (error instanceof Unavailable) throw error;
      // It may be about one of them.
      return this.readSingly(ids);
    }
  }

  private async readSingly(ids: readonly number[]): Promise<Found> {
    const read = await Promise.all(ids.map((id) => this.readOne(id).catch(toUnreadable(id))));
    return new Map(ids.flatMap((id, index) => (read[index] ? [[id, read[index]]] : [])));
  }
}
