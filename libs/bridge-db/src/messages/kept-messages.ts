import type { KeptMessage } from '@bbb/rules';
import { type FindOptionsWhere, In } from 'typeorm';
import type { BridgeDb } from '../bridge-db.js';
import { MessageRow } from './message-row.js';

/** Which kept messages; everything that is given has to match. */
export interface KeptMessageFilter {
  ids?: number[];
  state?: KeptMessage['state'];
  subscription?: string;
}

/** What a change did: ids of the messages that it changed, and of those that are not there. */
export interface KeptMessageChange {
  changed: number[];
  missing: number[];
}

/** Messages per statement. */
const CHUNK = 500;

/** The `messages` table for an operator. Methods throw Unavailable. */
export class KeptMessages {
  constructor(private readonly db: BridgeDb) {}

  /** Oldest first. Of ids that are given, all that are kept: a missing one counts as no longer kept. */
  list(filter: KeptMessageFilter, limit = filter.ids?.length ?? 1000): Promise<KeptMessage[]> {
    return this.db.run(async (source) => {
      const rows = await source.manager.find(MessageRow, {
        where: createCondition(filter),
        order: { id: 'ASC' },
        take: limit,
      });
      return rows.map((row) => ({ ...row }));
    });
  }

  count(state: KeptMessage['state'], filter: KeptMessageFilter): Promise<number> {
    if (filter.state !== undefined && filter.state !== state) return Promise.resolve(0);
    return this.db.run((source) => source.manager.countBy(MessageRow, createCondition({ ...filter, state })));
  }

  /**
   * Makes messages due now; quarantined ones become parked. Their attempts are counted anew, so that one more failure
   * does not put them back into quarantine at once.
   */
  replay(filter: KeptMessageFilter): Promise<KeptMessageChange> {
    return this.change(filter, async (ids) => {
      const due = { state: 'parked' as const, nextAttempt: Date.now() / 1000, attempts: 0 };
      await this.db.run((source) => source.manager.update(MessageRow, { id: In(ids) }, due));
    });
  }

  drop(filter: KeptMessageFilter): Promise<KeptMessageChange> {
    return this.change(filter, async (ids) => {
      await this.db.run((source) => source.manager.delete(MessageRow, { id: In(ids) }));
    });
  }

  private async change(
    filter: KeptMessageFilter,
    apply: (ids: number[]) => Promise<void>,
  ): Promise<KeptMessageChange> {
    const found = await this.db.run((source) =>
      source.manager.find(MessageRow, {
        select: { id: true },
        where: createCondition(filter),
        order: { id: 'ASC' },
      }),
    );
    const changed = found.map(({ id }) => id);
    for (let start = 0; start < changed.length; start += CHUNK)
      await apply(changed.slice(start, start + CHUNK));
    return { changed, missing: (filter.ids ?? []).filter((id) => !changed.includes(id)) };
  }
}

function createCondition({ ids, state, subscription }: KeptMessageFilter): FindOptionsWhere<MessageRow> {
  return {
    ...(ids === undefined ? {} : { id: In(ids) }),
    ...(state === undefined ? {} : { state }),
    ...(subscription === undefined ? {} : { subscription }),
  };
}
