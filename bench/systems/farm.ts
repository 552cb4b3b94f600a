import { SchedulerConnection, type SchedulerSchema, type SqlValue } from '../../sandbox/buildbot/index.js';
import type { MadeTask } from './taskcluster-commands.js';

/** What all tasks of the bench ask for. */
export const BUILDER = 'Linux x86-64 build';
const BRANCH = 'main';
const REVISION = 'cd5fab20f6bd128847ef8131c9aeed63cde019fc';

/** Rows in one INSERT. */
const CHUNK = 1000;

/** A task whose build has been started. */
export interface BuiltTask extends MadeTask {
  /** The build request's, and its build's number. */
  id: number;
}

/** Both databases, written in bulk: what the bridge and a master would have written one by one. */
export class Farm {
  private nextId = 1;

  private constructor(
    private readonly scheduler: SchedulerConnection,
    private readonly bridge: SchedulerConnection,
    private readonly schema: SchedulerSchema,
  ) {}

  static async open(schedulerDb: string, bridgeDb: string, schema: SchedulerSchema): Promise<Farm> {
    const scheduler = await SchedulerConnection.open(schedulerDb);
    return new Farm(scheduler, await SchedulerConnection.open(bridgeDb), schema);
  }

  async close(): Promise<void> {
    await this.scheduler.close();
    await this.bridge.close();
  }

  /** Build requests that there are. */
  async countRequests(): Promise<number> {
    const [row] = await this.scheduler.read((statements) =>
      statements.rows<{ count: number | string }>('SELECT COUNT(*) AS count FROM buildrequests'),
    );
    return Number(row?.count);
  }

  /** Rows of tracked tasks. */
  async countTracked(): Promise<number> {
    const [row] = await this.bridge.read((statements) =>
      statements.rows<{ count: number | string }>('SELECT COUNT(*) AS count FROM tasks'),
    );
    return Number(row?.count);
  }

  /** Makes tasks tracked, with builds that run. */
  async addBuilt(tasks: readonly MadeTask[]): Promise<BuiltTask[]> {
    const built = tasks.map((task) => ({ ...task, id: this.nextId++ }));
    const now = Math.floor(Date.now() / 1000);
    const single = this.schema === 6;
    const rows = (write: (task: BuiltTask) => Record<string, SqlValue>) => built.map(write);
    const stamp = (id: number): Record<string, SqlValue> =>
      single ? { sourcestampid: id } : { sourcestampsetid: id };
    if (!single)
      await this.fill(
        'sourcestampsets',
        rows(({ id }) => ({ id })),
      );
    await this.fill(
      'sourcestamps',
      rows(({ id }) => ({
        id,
        branch: BRANCH,
        revision: REVISION,
        repository: '',
        project: '',
        ...(single ? {} : { codebase: '', sourcestampsetid: id }),
      })),
    );
    await this.fill(
      'buildsets',
      rows(({ id, taskId, scheduled }) => ({
        id,
        external_idstring: `taskId:${taskId}`,
        reason: `Created by BBB for task ${taskId}`,
        submitted_at: Math.floor(scheduled),
        complete: 0,
        ...stamp(id),
      })),
    );
    await this.fill(
      'buildset_properties',
      rows(({ id, taskId }) => ({
        buildsetid: id,
        property_name: 'taskId',
        property_value: JSON.stringify([taskId, 'bbb']),
      })),
    );
    await this.fill(
      'buildrequests',
      rows(({ id, scheduled }) => ({
        id,
        buildsetid: id,
        buildername: BUILDER,
        priority: 0,
        submitted_at: Math.floor(scheduled),
        complete: 0,
        ...(single ? { claimed_at: now, claimed_by_name: 'master', claimed_by_incarnation: 'pid1' } : {}),
      })),
    );
    if (!single) {
      await this.addMaster();
      await this.fill(
        'buildrequest_claims',
        rows(({ id }) => ({ brid: id, objectid: 1, claimed_at: now })),
      );
    }
    await this.fill(
      'builds',
      rows(({ id }) => ({
        id,
        number: id,
        brid: id,
        start_time: now,
      })),
    );
    const quote = this.bridge.dialect === 'mysql' ? '`' : '"';
    const named = (row: Record<string, SqlValue>) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [`${quote}${name}${quote}`, value]));
    await this.fill(
      'tasks',
      rows(({ id, taskId, scheduled, takenUntil }) =>
        named({
          buildrequestId: id,
          taskId,
          runId: 0,
          createdDate: Math.floor(scheduled),
          processedDate: Math.floor(scheduled),
          takenUntil: takenUntil === null ? null : Math.floor(takenUntil),
          buildId: takenUntil === null ? null : id,
          rev: 1,
        }),
      ),
      this.bridge,
    );
    return built;
  }

  /** Builds start for all open requests, which the bridge has made for these tasks. */
  async begin(tasks: readonly MadeTask[]): Promise<BuiltTask[]> {
    const now = Math.floor(Date.now() / 1000);
    const single = this.schema === 6;
    if (!single) await this.addMaster();
    const requests = await this.scheduler.read(async (statements) => {
      const rows = await statements.rows<{ id: number; task: string }>(
        'SELECT br.id AS id, bs.external_idstring AS task FROM buildrequests br ' +
          'JOIN buildsets bs ON bs.id = br.buildsetid WHERE br.complete = 0',
      );
      await statements.change(
        single
          ? "UPDATE buildrequests SET claimed_at = ?, claimed_by_name = 'master', claimed_by_incarnation = 'pid1' " +
              'WHERE complete = 0'
          : 'INSERT INTO buildrequest_claims (brid, objectid, claimed_at) ' +
              'SELECT id, 1, ? FROM buildrequests WHERE complete = 0',
        [now],
      );
      await statements.change(
        'INSERT INTO builds (number, brid, start_time) SELECT id, id, ? FROM buildrequests WHERE complete = 0',
        [now],
      );
      return new Map(rows.map(({ id, task }) => [task.replace('taskId:', ''), id]));
    });
    return tasks.map((task) => ({ ...task, id: requests.get(task.taskId)! }));
  }

  /** Their builds, which run, end in success. */
  async finish(tasks: readonly BuiltTask[]): Promise<void> {
    const now = Math.floor(Date.now() / 1000);
    const ids = tasks.map(({ id }) => id);
    const range = [Math.min(...ids), Math.max(...ids)];
    await this.scheduler.read(async (statements) => {
      await statements.change('UPDATE builds SET finish_time = ? WHERE brid BETWEEN ? AND ?', [
        now,
        ...range,
      ]);
      await statements.change(
        'UPDATE buildrequests SET complete = 1, results = 0, complete_at = ? WHERE id BETWEEN ? AND ?',
        [now, ...range],
      );
    });
  }

  /** So that the list of claimed runs, which is looked at every ten minutes, is no part of the next passes. */
  async noteClaimedListRead(): Promise<void> {
    const quote = this.bridge.dialect === 'mysql' ? '`' : '"';
    await this.bridge.read((statements) =>
      statements.change(
        `INSERT INTO bridge_turns (${quote}name${quote}, ${quote}takenAt${quote}) VALUES (?, ?)`,
        ['claimed', Math.floor(Date.now() / 1000)],
      ),
    );
  }

  private async addMaster(): Promise<void> {
    await this.scheduler.read(async (statements) => {
      const [known] = await statements.rows('SELECT id FROM objects WHERE id = 1');
      if (!known) await statements.insert('objects', { id: 1, name: 'master', class_name: 'BuildMaster' });
    });
  }

  private async fill(
    table: string,
    rows: readonly Record<string, SqlValue>[],
    connection = this.scheduler,
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
}
