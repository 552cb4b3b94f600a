import { TurnStore } from '@bbb/rules';
import { isUniqueViolation } from '@bbb/sql';
import { Brackets, LessThanOrEqual, MoreThan } from 'typeorm';
import type { BridgeDb } from '../bridge-db.js';
import { TurnRow } from './turn-row.js';

/** The `bridge_turns` table. A turn is taken by one statement, so that of several takers one has it. */
export class TurnStoreSql extends TurnStore {
  constructor(private readonly db: BridgeDb) {
    super();
  }

  async take(name: string, now: number, gap: number): Promise<boolean> {
    // A turn taken in the future was taken by a clock that is ahead; its owner must not keep the others from theirs.
    const { affected } = await this.db.run((source) =>
      source.manager
        .createQueryBuilder()
        .update(TurnRow)
        .set({ takenAt: now })
        .where({ name })
        .andWhere(
          new Brackets((where) =>
            where.where({ takenAt: LessThanOrEqual(now - gap) }).orWhere({ takenAt: MoreThan(now + gap) }),
          ),
        )
        .execute(),
    );
    return affected === 1 || this.isFirst(name, now);
  }

  async giveBack(name: string, takenAt: number): Promise<void> {
    await this.db.run((source) => source.manager.update(TurnRow, { name, takenAt }, { takenAt: 0 }));
  }

  private async isFirst(name: string, now: number): Promise<boolean> {
    if (await this.db.run((source) => source.manager.existsBy(TurnRow, { name }))) return false;
    try {
      await this.db.run((source) => source.manager.insert(TurnRow, { name, takenAt: now }));
      return true;
    } catch (error) {
      if (isUniqueViolation(error)) return false;
      throw error;
    }
  }
}
