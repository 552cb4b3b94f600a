import { type Absence, type PassState, PassStore } from '@bbb/rules';
import { isUniqueViolation } from '@bbb/sql';
import { IsNull, Not } from 'typeorm';
import type { Database } from '../database.js';
import { PassRow } from './pass-row.js';

/** The id of the only row. */
const ONLY = 1;

const NOTHING: PassState = {
  seen: 0,
  missing: 0,
  doubtedSince: null,
  confirmedMissing: null,
  finishedAt: null,
};

/** The `bridge_passes` table. Every write is one statement. */
export class PassStoreSql extends PassStore {
  constructor(private readonly db: Database) {
    super();
  }

  async read(): Promise<PassState> {
    const row = await this.db.run((source) => source.manager.findOneBy(PassRow, { id: ONLY }));
    if (!row) return NOTHING;
    const { seen, missing, doubtedSince, confirmedMissing, finishedAt } = row;
    return { seen, missing, doubtedSince, confirmedMissing, finishedAt };
  }

  async changeAbsence(judge: (known: Absence) => Absence): Promise<Absence> {
    for (;;) {
      const { seen, missing, doubtedSince, confirmedMissing } = await this.read();
      const next = judge({ seen, missing, doubtedSince, confirmedMissing });
      // An operator may confirm at any moment; what was judged without that is judged again.
      const confirmed = { confirmedMissing: confirmedMissing ?? IsNull() };
      if (await this.update(confirmed, next)) return next;
      await this.insert();
    }
  }

  async noteFinished(now: number): Promise<void> {
    while (!(await this.update({}, { finishedAt: now }))) await this.insert();
  }

  confirmMissing(missing: number): Promise<boolean> {
    return this.update(
      { missing, doubtedSince: Not(IsNull()) },
      { confirmedMissing: missing, doubtedSince: null },
    );
  }

  private async update(where: object, changes: Partial<PassRow>): Promise<boolean> {
    const { affected } = await this.db.run((source) =>
      source.manager
        .createQueryBuilder()
        .update(PassRow)
        .set(writeNulls(changes))
        .where({ id: ONLY, ...where })
        .execute(),
    );
    return affected === 1;
  }

  /** Makes the row, unless it is there. */
  private async insert(): Promise<void> {
    try {
      if (await this.db.run((source) => source.manager.existsBy(PassRow, { id: ONLY }))) return;
      await this.db.run((source) => source.manager.insert(PassRow, { id: ONLY, ...NOTHING }));
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
    }
  }
}

/** Nulls written into the statement: libsql refuses a null that is a statement's only parameter. */
function writeNulls(changes: Partial<PassRow>): Record<string, number | (() => string)> {
  return Object.fromEntries(Object.entries(changes).map(([name, value]) => [name, value ?? (() => 'NULL')]));
}
