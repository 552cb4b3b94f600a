import { Clock, type KeptMessage, Unavailable } from '@bbb/rules';
import { openStrict, translateErrors, findUnusable, retryWhenBusy } from '@bbb/sql';
import type { DataSource } from 'typeorm';
import { BridgeDb } from './bridge-db.js';
import { createDataSource, URL_SETTING } from './data-source.js';
import { MessageStoreSql } from './messages/message-store-sql.js';
import { migrateDown, migrateUp, migrationStates, pendingMigrations } from './migrate.js';

const LIMITS = { poolSize: 2, connectTimeout: 10 };

/** Messages that a list shows at most. */
const LISTED = 1000;

class SystemClock extends Clock {
  now(): number {
    return Date.now() / 1000;
  }
}

/**
 * Runs or shows the migrations of the bridge's database. `down` reverts all of them and hands the database back to
 * the original bridge. Only `up` makes a SQLite file that is missing.
 *
 * @throws Invalid when the URL or its SQLite file is wrong, or the rows cannot go back
 * @throws NotStrict when a MySQL server does not let the connection be strict
 * @throws Unavailable when the database cannot be reached
 */
export async function runMigrate(databaseUrl: string, action: 'up' | 'down' | 'show'): Promise<void> {
  await withDataSource({ url: databaseUrl, asFound: action !== 'up' }, async (source) => {
    switch (action) {
      case 'up':
        return print(await migrateUp(source), 'migrated: ', 'nothing to migrate');
      case 'down':
        return print(await migrateDown(source), 'reverted: ', 'nothing to revert');
      case 'show': {
        const states = await migrationStates(source);
        return print(
          states.map(({ name, done }) => `[${done ? 'X' : ' '}] ${name}`),
          '',
          'no migrations',
        );
      }
    }
  });
}

/**
 * Lists, replays or drops the messages that are kept in the bridge's database, which is neither made nor migrated.
 *
 * @returns the exit code: 0 done, 1 no such message, 2 called wrongly
 * @throws Invalid when the URL or its SQLite file is wrong
 * @throws MigrationsPending when the database has to be migrated
 * @throws Unavailable when the database cannot be reached
 */
export async function runMessages(
  databaseUrl: string,
  action: 'list' | 'replay' | 'drop',
  id?: number,
): Promise<number> {
  if (action !== 'list' && !Number.isSafeInteger(id)) {
    write(`messages ${action} needs the id of a message; see: messages list`);
    return 2;
  }
  // BridgeDb would make a SQLite file, and migrate it, as the services do.
  const pending = await withDataSource({ url: databaseUrl, asFound: true }, pendingMigrations);
  if (pending) throw pending;
  const db = new BridgeDb({ url: databaseUrl, ...LIMITS });
  try {
    await db.open();
    const problem = await db.problem();
    if (problem !== undefined) throw new Unavailable('bridge-db', problem);
    const messages = new MessageStoreSql(db, new SystemClock());
    if (action === 'list') return await listMessages(messages);
    const found = await (action === 'replay' ? messages.replay(id!) : messages.drop(id!));
    const done = action === 'replay' ? 'is due now' : 'is dropped';
    write(found ? `message ${id} ${done}` : `there is no message ${id}`);
    return found ? 0 : 1;
  } finally {
    await db.close();
  }
}

async function listMessages(messages: MessageStoreSql): Promise<number> {
  const kept = await messages.list(undefined, LISTED);
  const [parked, quarantined] = [await messages.count('parked'), await messages.count('quarantined')];
  const header = [
    'id',
    'state',
    'subscription',
    'attempts',
    'received',
    'next attempt',
    'routing key',
    'error',
  ];
  if (kept.length > 0) write(table([header, ...kept.map(cells)]));
  write(`${parked} parked, ${quarantined} quarantined`);
  return 0;
}

function cells(message: KeptMessage): string[] {
  return [
    String(message.id),
    message.state,
    message.subscription,
    String(message.attempts),
    instant(message.receivedAt),
    message.nextAttempt === null ? '-' : instant(message.nextAttempt),
    shortened(message.routingKey, 60),
    shortened(message.error, 100),
  ];
}

function table(rows: string[][]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function instant(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** One line without control characters: this is anybody's text, and it goes to a terminal. */
function shortened(text: string, length: number): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Cs}]+/gu, ' ').trim();
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`;
}

async function withDataSource<T>(
  options: { url: string; asFound: boolean },
  work: (source: DataSource) => Promise<T>,
): Promise<T> {
  const source = createDataSource({ ...options, ...LIMITS });
  try {
    await translateErrors('bridge-db', () => retryWhenBusy(() => openStrict(source)));
  } catch (error) {
    throw findUnusable(error)?.withSetting(URL_SETTING) ?? error;
  }
  try {
    return await translateErrors('bridge-db', () => work(source));
  } finally {
    await source.destroy();
  }
}

function print(lines: readonly string[], prefix: string, otherwise: string): void {
  write(lines.length === 0 ? otherwise : lines.map((line) => `${prefix}${line}`).join('\n'));
}

function write(text: string): void {
  process.stdout.write(`${text}\n`);
}
