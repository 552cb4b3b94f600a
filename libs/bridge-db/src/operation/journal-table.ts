import type { JournalEntry } from '@bbb/rules';
import { type FindOptionsWhere, In, LessThan, LessThanOrEqual, type SelectQueryBuilder } from 'typeorm';
import type { Database } from '../database.js';
import { JournalRow } from './journal-row.js';

/** Which entries; everything that is given has to match. */
export interface JournalFilter {
  taskId?: string;
  verdict?: string;
}

/** One page of entries, newest first; `before` is given to read the next one. */
export interface JournalPage {
  entries: JournalEntry[];
  before?: number;
}

/** How much of the journal is kept. */
export interface JournalBounds {
  /** Epoch seconds; older entries are deleted. */
  since: number;
  rows: number;
}

/** Rows deleted by one statement, and statements of one call that delete. */
const DELETED_TOGETHER = 1000;
const MOST_STATEMENTS = 50;

/** The `bridge_journal` table for its readers, and the deletion of old entries. */
export class JournalTable {
  constructor(private readonly db: Database) {}

  /** @param before the `before` of the page before */
  async page(filter: JournalFilter, limit: number, before?: number): Promise<JournalPage> {
    const where: FindOptionsWhere<JournalRow> = {
      ...filter,
      ...(before === undefined ? {} : { id: LessThan(before) }),
    };
    const rows = await this.db.run((source) =>
      source.manager.find(JournalRow, { where, order: { id: 'DESC' }, take: limit }),
    );
    const entries = rows.map(({ details, ...row }) => ({ ...row, details: readDetails(details) }));
    return entries.length < limit ? { entries } : { entries, before: entries.at(-1)!.id };
  }

  /**
   * Counts entries by verdict in equal parts of a time, the oldest part first.
   *
   * @param since begin, in epoch seconds
   * @param seconds length of a part
   */
  async countByVerdict(since: number, seconds: number, parts: number): Promise<Map<string, number[]>> {
    const rows = await this.select<Record<string, unknown>>((query) => {
      query.select('j.verdict', 'verdict').where('j.at >= :since', { since }).groupBy('j.verdict');
      for (let part = 0; part < parts; part++) {
        const begin = since + part * seconds;
        query
          .addSelect(
            `SUM(CASE WHEN j.at >= :begin${part} AND j.at < :end${part} THEN 1 ELSE 0 END)`,
            `part${part}`,
          )
          .setParameters({ [`begin${part}`]: begin, [`end${part}`]: begin + seconds });
      }
      return query;
    });
    return new Map(
      rows.map((row) => [
        String(row.verdict),
        Array.from({ length: parts }, (_, part) => Number(row[`part${part}`])),
      ]),
    );
  }

  /**
   * Deletes what is out of bounds, oldest first, in small statements.
   *
   * @param isOver checked between statements
   * @returns the number of entries deleted
   */
  async trim(bounds: JournalBounds, isOver: () => boolean = () => false): Promise<number> {
    let statements = 0;
    const mayGoOn = () => statements++ < MOST_STATEMENTS && !isOver();
    return (await this.trimRows(bounds.rows, mayGoOn)) + (await this.trimOld(bounds.since, mayGoOn));
  }

  private async trimRows(rows: number, mayGoOn: () => boolean): Promise<number> {
    const [ids] = await this.select<{ first: number | null; last: number | null }>((query) =>
      query.select('MIN(j.id)', 'first').addSelect('MAX(j.id)', 'last'),
    );
    if (ids?.first == null || ids.last == null) return 0;
    const end = Number(ids.last) - rows;
    let deleted = 0;
    for (let first = Number(ids.first); first <= end && mayGoOn();) {
      first += DELETED_TOGETHER;
      deleted += await this.delete({ id: LessThanOrEqual(Math.min(first - 1, end)) });
    }
    return deleted;
  }

  /** Each entry for its own age: ids do not tell it, because the clock of a host may be wrong. */
  private async trimOld(since: number, mayGoOn: () => boolean): Promise<number> {
    let deleted = 0;
    while (mayGoOn()) {
      const old = await this.db.run((source) =>
        source.manager.find(JournalRow, {
          select: { id: true },
          where: { at: LessThan(since) },
          order: { at: 'ASC' },
          take: DELETED_TOGETHER,
        }),
      );
      if (old.length > 0) deleted += await this.delete({ id: In(old.map(({ id }) => id)) });
      if (old.length < DELETED_TOGETHER) break;
    }
    return deleted;
  }

  private async delete(where: FindOptionsWhere<JournalRow>): Promise<number> {
    const { affected } = await this.db.run((source) => source.manager.delete(JournalRow, where));
    return affected ?? 0;
  }

  private select<Row>(
    build: (query: SelectQueryBuilder<JournalRow>) => SelectQueryBuilder<JournalRow>,
  ): Promise<Row[]> {
    return this.db.run((source) =>
      build(source.manager.createQueryBuilder(JournalRow, 'j')).getRawMany<Row & object>(),
    );
  }
}

function readDetails(json: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
