import {
  type RequestSpec,
  type MarkedRequest,
  type RequestKey,
  type RequestSnapshot,
  Unavailable,
} from '@bbb/rules';
import type { CancellationTarget, SchedulerDb } from '@bbb/scheduler-db';
import type { Farm, RequestRow } from './farm.js';
import type { Gate } from '../bridge/gate.js';
import type { Locks } from './locks.js';
import type { Seen, Watch } from '../watch/watch.js';

const SYSTEM = 'scheduler-db';

/** What `LegacyBuildbot` uses of the scheduler database. */
export type ModelledSchedulerDb = Pick<
  SchedulerDb,
  | 'create'
  | 'find'
  | 'withdraw'
  | 'readSnapshots'
  | 'findCancellationTarget'
  | 'listSharers'
  | 'listMarkedOpenRequests'
>;

/** The scheduler database as one process sees it: lock, look-up and one commit, as the real adapter does it. */
export class ModelSchedulerDb implements ModelledSchedulerDb {
  constructor(
    private readonly farm: Farm,
    private readonly gate: Gate,
    private readonly locks: Locks,
    private readonly watch: Watch,
    private readonly seen: Seen,
    private readonly trustsNumbers = false,
  ) {}

  create(spec: RequestSpec, stillWanted: () => Promise<boolean>): Promise<number | undefined> {
    return this.#underLock(spec, async () => {
      const found = await this.find(spec);
      if (found !== undefined) return found;
      if (!(await stillWanted())) return undefined;
      return this.gate.call(SYSTEM, 'insert', 'effect', () => {
        if (!this.locks.isHeld(spec.taskId, this.gate))
          throw new Unavailable(SYSTEM, 'the connection is gone');
        const row = this.farm.insert(spec);
        this.watch.inserted(row, this.seen.of(spec.taskId));
        return row.buildRequestId;
      });
    });
  }

  withdraw(key: RequestKey, forget: () => Promise<void>): Promise<number | undefined> {
    return this.#underLock(key, async () => {
      const found = await this.find(key);
      if (found === undefined) await forget();
      return found;
    });
  }

  find(key: RequestKey): Promise<number | undefined> {
    return this.gate.call(SYSTEM, 'find', 'read', () => this.farm.find(key)?.buildRequestId);
  }

  readSnapshots(buildRequestIds: readonly number[]): Promise<Map<number, RequestSnapshot>> {
    return this.gate.call(SYSTEM, 'snapshots', 'read', () => {
      const found = buildRequestIds.flatMap((id) => this.#look(id) ?? []);
      return new Map(found.map((row) => [row.buildRequestId, this.farm.snapshot(row)]));
    });
  }

  findCancellationTarget(buildRequestId: number): Promise<CancellationTarget | undefined> {
    return this.gate.call(SYSTEM, 'cancellationTarget', 'read', () => {
      const row = this.#look(buildRequestId);
      if (!row) return undefined;
      const newest = row.builds.at(-1);
      const isNumberReused =
        !this.trustsNumbers && newest !== undefined && this.farm.isNumberTaken(newest.buildId);
      return { snapshot: this.farm.snapshot(row), branch: row.spec.branch, isNumberReused };
    });
  }

  listSharers(buildId: number): Promise<number[]> {
    return this.gate.call(SYSTEM, 'sharers', 'read', () => this.farm.sharers(buildId));
  }

  listMarkedOpenRequests(after: number, limit: number): Promise<MarkedRequest[]> {
    return this.gate.call(SYSTEM, 'marked', 'read', () => this.farm.marked(after, limit));
  }

  #look(buildRequestId: number): RequestRow | undefined {
    const row = this.farm.requests.get(buildRequestId);
    this.seen.noteRequest(buildRequestId, row);
    return row;
  }

  /** A lock whose answer is lost goes with its connection. */
  async #underLock<T>({ taskId }: RequestKey, work: () => Promise<T>): Promise<T> {
    try {
      await this.gate.call(SYSTEM, 'lock', 'read', () => this.locks.take(taskId, this.gate));
      return await work();
    } finally {
      this.locks.release(taskId, this.gate);
    }
  }
}
