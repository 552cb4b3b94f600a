import { type AbsenceCount, type OfferedWalk, WalkStore } from '@bbb/rules';
import { isUniqueViolation } from '@bbb/sql';
import { Brackets, IsNull, LessThan, MoreThan, type QueryDeepPartialEntity } from 'typeorm';
import type { Database } from '../database.js';
import { WalkRow } from './walk-row.js';

/** The id of the only row. */
const ONLY = 1;

/** The `bridge_walks` table. Every write is one statement, so that of several takers one has a part. */
export class WalkStoreSql extends WalkStore {
  constructor(private readonly db: Database) {
    super();
  }

  async read(): Promise<OfferedWalk | undefined> {
    const row = await this.db.run((source) => source.manager.findOneBy(WalkRow, { id: ONLY }));
    if (!row) return undefined;
    const { id: _, ...offered } = row;
    return offered;
  }

  async offer(pass: number, rest: string, now: number, patience: number): Promise<boolean> {
    const walk = { pass, rest, parts: 0, seen: 0, missing: 0, takenAt: now };
    // A time in the future is of a clock that is ahead: it must not keep the others from offering.
    const isFree = new Brackets((where) =>
      where
        .where({ rest: IsNull() })
        .orWhere({ takenAt: LessThan(now - patience) })
        .orWhere({ takenAt: MoreThan(now + patience) }),
    );
    return (await this.update({}, walk, isFree)) || this.isFirst({ id: ONLY, ...walk });
  }

  take(
    { pass, rest }: Pick<OfferedWalk, 'pass' | 'rest'>,
    next: string | null,
    now: number,
  ): Promise<boolean> {
    return this.update(
      { pass, rest },
      { rest: next ?? (() => 'NULL'), parts: this.add('parts', 1), takenAt: now },
    );
  }

  async count(pass: number, { seen, missing }: AbsenceCount): Promise<void> {
    await this.update(
      { pass },
      { parts: this.add('parts', -1), seen: this.add('seen', seen), missing: this.add('missing', missing) },
    );
  }

  /** None of the columns needs quotes. */
  private add(column: 'parts' | 'seen' | 'missing', by: number): () => string {
    return () => `${column} + ${by}`;
  }

  private async update(
    where: object,
    changes: QueryDeepPartialEntity<WalkRow>,
    condition?: Brackets,
  ): Promise<boolean> {
    const { affected } = await this.db.run((source) => {
      const update = source.manager
        .createQueryBuilder()
        .update(WalkRow)
        .set(changes)
        .where({ id: ONLY, ...where });
      return (condition ? update.andWhere(condition) : update).execute();
    });
    return affected === 1;
  }

  private async isFirst(row: WalkRow): Promise<boolean> {
    if (await this.db.run((source) => source.manager.existsBy(WalkRow, { id: ONLY }))) return false;
    try {
      await this.db.run((source) => source.manager.insert(WalkRow, row));
      return true;
    } catch (error) {
      if (isUniqueViolation(error)) return false;
      throw error;
    }
  }
}
