import { SchedulerConnection, type SchedulerSchema, type SqlValue } from '../../sandbox/buildbot/index.js';
import type { MadeTask } from './taskcluster-commands.js';
import { insertRows, TrackedRows } from './tracked-rows.js';

/** Ids in one statement. */
const CHUNK = 900;

/** What all tasks of the bench ask for. */
export const BUILDER = 'Linux x86-64 build';
const BRANCH = 'main';
const REVISION = 'cd5fab20f6bd128847ef8131c9aeed63cde019fc';

/** A task whose build has been started. */
export interface BuiltTask extends MadeTask {
  /** The build request's, and its build's number. */
  id: number;
}

/** Tracked tasks and their builds, made in bulk. */
export interface BuildFarm {
  countRequests(): Promise<number>;
  countTracked(): Promise<number>;
  addBuilt(tasks: readonly MadeTask[]): Promise<BuiltTask[]>;
  begin(tasks: readonly MadeTask[]): Promise<BuiltTask[]>;
  finish(tasks: readonly BuiltTask[]): Promise<void>;
  noteClaimedListRead(): Promise<void>;
  /** REST calls that Buildbot has answered so far; 0 of a legacy one. */
  countRestCalls(): Promise<number>;
  /** Of these, the ones that read requests and builds by their ids. */
  countSnapshotCalls(): Promise<number>;
  close(): Promise<void>;
}

/** Both databases, written in bulk: what the bridge and a master would have written one by one. */
export class Farm implements BuildFarm {
  private nextId = 1;

  private constructor(
    private readonly scheduler: SchedulerConnection,
    private readonly trackedRows: TrackedRows,
    private readonly schema: SchedulerSchema,
  ) {}

  static async open(schedulerDb: string, bridgeDb: string, schema: SchedulerSchema): Promise<Farm> {
    const scheduler = await SchedulerConnection.open(schedulerDb);
    return new Farm(scheduler, await TrackedRows.open(bridgeDb), schema);
  }

  async close(): Promise<void> {
    await this.scheduler.close();
    await this.trackedRows.close();
  }

  /** Build requests that there are. */
  async countRequests(): Promise<number> {
    const [row] = await this.scheduler.read((statements) =>
      statements.rows<{ count: number | string }>('SELECT COUNT(*) AS count FROM buildrequests'),
    );
    return Number(row?.count);
  }

  /** Rows of tracked tasks. */
  countTracked(): Promise<number> {
    return this.trackedRows.count();
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
    await this.trackedRows.add(built);
    return built;
  }

  /** Builds start for all unclaimed requests, which the bridge has made for these tasks. @returns these tasks */
  async begin(tasks: readonly MadeTask[]): Promise<BuiltTask[]> {
    const now = Math.floor(Date.now() / 1000);
    const single = this.schema === 6;
    if (!single) await this.addMaster();
    // Not by the last id: requests are committed in another order than their ids are given.
    const [join, isUnclaimed] = single
      ? ['', 'br.claimed_at = 0']
      : ['LEFT JOIN buildrequest_claims c ON c.brid = br.id ', 'c.brid IS NULL'];
    const requests = await this.scheduler.read((statements) =>
      statements.rows<{ id: number; task: string }>(
        'SELECT br.id AS id, bs.external_idstring AS task FROM buildrequests br ' +
          `JOIN buildsets bs ON bs.id = br.buildsetid ${join}WHERE br.complete = 0 AND ${isUnclaimed}`,
      ),
    );
    if (requests.length === 0) return [];
    const ids = requests.map(({ id }) => id);
    if (single)
      await this.changeRequests(
        "UPDATE buildrequests SET claimed_at = ?, claimed_by_name = 'master', claimed_by_incarnation = 'pid1' WHERE id",
        now,
        ids,
      );
    else
      await this.fill(
        'buildrequest_claims',
        ids.map((brid) => ({ brid, objectid: 1, claimed_at: now })),
      );
    await this.fill(
      'builds',
      ids.map((id) => ({ number: id, brid: id, start_time: now })),
    );
    const byTask = new Map(tasks.map((task) => [task.taskId, task]));
    return requests.flatMap(({ id, task }) => {
      const made = byTask.get(task.replace('taskId:', ''));
      return made ? [{ ...made, id }] : [];
    });
  }

  /** Their builds, which run, end in success. */
  async finish(tasks: readonly BuiltTask[]): Promise<void> {
    const now = Math.floor(Date.now() / 1000);
    const ids = tasks.map(({ id }) => id);
    await this.changeRequests('UPDATE builds SET finish_time = ? WHERE brid', now, ids);
    await this.changeRequests(
      'UPDATE buildrequests SET complete = 1, results = 0, complete_at = ? WHERE id',
      now,
      ids,
    );
  }

  countRestCalls(): Promise<number> {
    return Promise.resolve(0);
  }

  countSnapshotCalls(): Promise<number> {
    return Promise.resolve(0);
  }

  noteClaimedListRead(): Promise<void> {
    return this.trackedRows.noteClaimedListRead();
  }

  private async addMaster(): Promise<void> {
    await this.scheduler.read(async (statements) => {
      const [known] = await statements.rows('SELECT id FROM objects WHERE id = 1');
      if (!known) await statements.insert('objects', { id: 1, name: 'master', class_name: 'BuildMaster' });
    });
  }

  private async changeRequests(sql: string, now: number, ids: readonly number[]): Promise<void> {
    for (let at = 0; at < ids.length; at += CHUNK) {
      const chunk = ids.slice(at, at + CHUNK);
      const places = chunk.map(() => '?').join(', ');
      await this.scheduler.read((statements) => statements.change(`${sql} IN (${places})`, [now, ...chunk]));
    }
  }

  private fill(table: string, rows: readonly Record<string, SqlValue>[]): Promise<void> {
    return insertRows(this.scheduler, table, rows);
  }
}
