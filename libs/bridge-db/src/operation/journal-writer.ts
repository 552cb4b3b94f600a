import { Logger } from '@nestjs/common';
import { type Decision, Journal, type Redaction, Unavailable } from '@bbb/rules';
import { listPlaceholders, numberPlaceholders } from '@bbb/sql';
import type { DataSource } from 'typeorm';
import type { Database } from '../database.js';
import type { JournalRow } from './journal-row.js';

/** Milliseconds that an entry waits for others. */
const PATIENCE = 2000;

/** Entries of one statement. */
const WRITTEN_TOGETHER = 200;

/** Entries that wait at most while the database is unavailable; the oldest are lost first. */
const MOST_WAITING = 5000;

/** Characters of the columns. */
const LONGEST_TEXT = 255;
const LONGEST_DETAILS = 8000;

/** Who writes. */
export interface JournalAuthor {
  service: string;
  /** The host and the process. */
  instance: string;
}

type NewRow = Omit<JournalRow, 'id'>;

const COLUMNS = [
  'at',
  'taskId',
  'runId',
  'buildRequestId',
  'event',
  'verdict',
  'cause',
  'run',
  'request',
  'details',
  'duration',
  'service',
  'instance',
] as const satisfies (keyof NewRow)[];

/** Writes decisions to the `bridge_journal` table, many in one statement, a moment after they were made. */
export class JournalWriter extends Journal {
  private readonly logger = new Logger('Journal');
  private waiting: NewRow[] = [];
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> | undefined;
  private hasFailed = false;

  constructor(
    private readonly db: Database,
    private readonly author: JournalAuthor,
    private readonly redaction?: Pick<Redaction, 'body'>,
  ) {
    super();
  }

  override note(decision: Decision): void {
    this.waiting.push(this.requireRow(decision));
    if (this.waiting.length > MOST_WAITING) this.waiting.splice(0, this.waiting.length - MOST_WAITING);
    if (this.waiting.length >= WRITTEN_TOGETHER) void this.flush();
    else this.timer ??= setTimeout(() => void this.flush(), PATIENCE).unref();
  }

  /** Writes what waits. Never throws. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.writing ??= this.writeAll().finally(() => (this.writing = undefined));
    await this.writing;
  }

  private async writeAll(): Promise<void> {
    while (this.waiting.length > 0) {
      const rows = this.waiting.splice(0, WRITTEN_TOGETHER);
      try {
        await this.db.run((source) => insertRows(source, rows));
        this.hasFailed = false;
      } catch (error) {
        this.noteFailure(error, rows);
        return;
      }
    }
  }

  private noteFailure(error: unknown, rows: NewRow[]): void {
    // What is only unavailable is tried again with the next entry.
    if (error instanceof Unavailable) this.waiting.unshift(...rows);
    if (!this.hasFailed)
      this.logger.warn({ error }, 'decisions cannot be written to the journal; the work is not affected');
    this.hasFailed = true;
  }

  private requireRow({ cause, details, ...decision }: Decision): NewRow {
    const { verdict, cause: why, run, request } = cause;
    const row = { ...decision, verdict, run, request };
    return {
      ...row,
      event: plainText(row.event),
      cause: plainText(why),
      details: this.detailsOf(details),
      service: this.author.service,
      instance: plainText(this.author.instance),
    };
  }

  private detailsOf(details: Decision['details']): string {
    const json = JSON.stringify(details);
    const text = this.redaction?.body(json) ?? json;
    return text.length <= LONGEST_DETAILS ? text : JSON.stringify({ tooLong: text.length });
  }
}

/** Every event brings a row or two: a query builder would take longer for them than the driver. */
async function insertRows(source: DataSource, rows: readonly NewRow[]): Promise<void> {
  const columns = COLUMNS.map((name) => source.driver.escape(name)).join(', ');
  const places = rows.map(() => `(${listPlaceholders(COLUMNS.length)})`).join(', ');
  const sql = `INSERT INTO bridge_journal (${columns}) VALUES ${places}`;
  const dialect = source.options.type === 'postgres' ? 'postgres' : 'mysql';
  await source.query(
    numberPlaceholders(dialect, sql),
    rows.flatMap((row) => COLUMNS.map((name) => row[name])),
  );
}

/** A cause may hold a word of an outside system. */
function plainText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}]+/gu, ' ').slice(0, LONGEST_TEXT);
}
