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

/** The values of an entry, in the order of {@link COLUMNS}. */
type Entry = (string | number | null)[];

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
] as const satisfies (keyof JournalRow)[];

/** Writes decisions to the `bridge_journal` table, many in one statement, a moment after they were made. */
export class JournalWriter extends Journal {
  private readonly logger = new Logger('Journal');
  private readonly waiting: Entry[] = [];
  private readonly instance: string;
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> | undefined;
  private hasFailed = false;

  constructor(
    private readonly db: Database,
    private readonly author: JournalAuthor,
    private readonly redaction?: Pick<Redaction, 'body'>,
  ) {
    super();
    this.instance = toPlainText(author.instance);
  }

  override note(decision: Decision): void {
    this.waiting.push(this.toEntry(decision));
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
      const entries = this.waiting.splice(0, WRITTEN_TOGETHER);
      try {
        await this.db.run((source) => insertEntries(source, entries));
        this.hasFailed = false;
      } catch (error) {
        this.noteFailure(error, entries);
        return;
      }
    }
  }

  private noteFailure(error: unknown, entries: Entry[]): void {
    // What is only unavailable is tried again with the next entry.
    if (error instanceof Unavailable) this.waiting.unshift(...entries);
    if (!this.hasFailed)
      this.logger.warn({ error }, 'decisions cannot be written to the journal; the work is not affected');
    this.hasFailed = true;
  }

  private toEntry({ at, taskId, runId, buildRequestId, event, cause, details, duration }: Decision): Entry {
    const { verdict, cause: why, run, request } = cause;
    return [
      at,
      taskId,
      runId,
      buildRequestId,
      event,
      verdict,
      toPlainText(why),
      run,
      request,
      this.detailsOf(details),
      duration,
      this.author.service,
      this.instance,
    ];
  }

  private detailsOf(details: Decision['details']): string {
    const json = JSON.stringify(details);
    const text = this.redaction?.body(json) ?? json;
    return text.length <= LONGEST_DETAILS ? text : JSON.stringify({ tooLong: text.length });
  }
}

/** Every event brings an entry or two: a query builder would take longer for them than the driver. */
async function insertEntries(source: DataSource, entries: readonly Entry[]): Promise<void> {
  const columns = COLUMNS.map((name) => source.driver.escape(name)).join(', ');
  const places = `(${listPlaceholders(COLUMNS.length)})`;
  const sql = `INSERT INTO bridge_journal (${columns}) VALUES ${places}${`, ${places}`.repeat(entries.length - 1)}`;
  const dialect = source.options.type === 'postgres' ? 'postgres' : 'mysql';
  await source.query(numberPlaceholders(dialect, sql), entries.flat());
}

/** A cause may hold a word of an outside system. */
function toPlainText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}]+/gu, ' ').slice(0, LONGEST_TEXT);
}
