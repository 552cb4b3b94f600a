import { SchedulerConnection, type SqlValue } from '../../sandbox/buildbot/index.js';
import type { BuiltTask } from './farm.js';

/** Rows in one INSERT. */
const CHUNK = 1000;

/** The bridge's database, written in bulk. */
export class TrackedRows {
  private constructor(private readonly bridge: SchedulerConnection) {}

  static async open(bridgeDb: string): Promise<TrackedRows> {
    return new TrackedRows(await SchedulerConnection.open(bridgeDb));
  }

  close(): Promise<void> {
    return this.bridge.close();
  }

  async count(): Promise<number> {
    const [row] = await this.bridge.read((statements) =>
      statements.rows<{ count: number | string }>('SELECT COUNT(*) AS count FROM tasks'),
    );
    return Number(row?.count);
  }

  /** Rows as the bridge would have written them. */
  async add(tasks: readonly BuiltTask[]): Promise<void> {
    const rows = tasks.map(({ id, taskId, scheduled, takenUntil }) => ({
      buildrequestId: id,
      taskId,
      runId: 0,
      createdDate: Math.floor(scheduled),
      processedDate: Math.floor(scheduled),
      takenUntil: takenUntil === null ? null : Math.floor(takenUntil),
      buildId: takenUntil === null ? null : id,
      rev: 1,
    }));
    const quoted = rows.map((row) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [this.quote(name), value])),
    );
    await insertRows(this.bridge, 'tasks', quoted);
  }

  /** So that the list of claimed runs, which is looked at every ten minutes, is no part of the next passes. */
  async noteClaimedListRead(): Promise<void> {
    await this.bridge.read((statements) =>
      statements.change(
        `INSERT INTO bridge_turns (${this.quote('name')}, ${this.quote('takenAt')}) VALUES (?, ?)`,
        ['claimed', Math.floor(Date.now() / 1000)],
      ),
    );
  }

  private quote(name: string): string {
    const quote = this.bridge.dialect === 'mysql' ? '`' : '"';
    return `${quote}${name}${quote}`;
  }
}

/** Inserts many rows that have the same columns. */
export async function insertRows(
  connection: SchedulerConnection,
  table: string,
  rows: readonly Record<string, SqlValue>[],
): Promise<void> {
  for (let at = 0; at < rows.length; at += CHUNK) {
    const chunk = rows.slice(at, at + CHUNK);
    const columns = Object.keys(chunk[0]!);
    const places = chunk.map(() => `(${columns.map(() => '?').join(', ')})`).join(', ');
    await connection.read((statements) =>
      statements.change(
        `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${places}`,
        chunk.flatMap((row) => Object.values(row)),
      ),
    );
  }
}
