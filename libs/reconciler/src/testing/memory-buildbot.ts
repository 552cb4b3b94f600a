import {
  Buildbot,
  type BuilderKnown,
  type BuildOrder,
  type MarkedRequest,
  type OrderKey,
  type RequestSnapshot,
} from '@bbb/rules';
import type { Effects } from './effects.js';
import { MemoryRequest } from './memory-request.js';

/**
 * A Buildbot in memory. Its masters are moved by the test: `startBuild`, `endBuild`, `complete`, `requeue`;
 * cancellations are wishes until `obey`.
 */
export class MemoryBuildbot extends Buildbot {
  readonly requests = new Map<number, MemoryRequest>();
  /** Ids of requests whose cancellation was asked for, each time it was. */
  readonly wishes: number[] = [];
  /** Tasks that had two open requests at one moment: must stay empty. */
  readonly doubles: string[] = [];
  builders: Record<string, BuilderKnown> = {};
  #nextId = 100;
  #locked: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly effects: Effects,
    private readonly now: () => number,
  ) {
    super();
  }

  create(order: BuildOrder, stillWanted: () => Promise<boolean>): Promise<number | undefined> {
    return this.effects.effect('buildbot.create', () =>
      this.#underLock(async () => {
        const existing = this.#byKey(order);
        if (existing) return existing.requestId;
        if (!(await stillWanted())) return undefined;
        if (this.openOf(order.taskId).length > 0) this.doubles.push(order.taskId);
        const request = new MemoryRequest(this.#nextId++, order);
        this.requests.set(request.requestId, request);
        return request.requestId;
      }),
    );
  }

  find(key: OrderKey): Promise<number | undefined> {
    return this.effects.read('buildbot.find', () => this.#byKey(key)?.requestId);
  }

  withdraw(key: OrderKey, forget: () => Promise<void>): Promise<number | undefined> {
    return this.effects.read('buildbot.withdraw', () =>
      this.#underLock(async () => {
        const existing = this.#byKey(key);
        if (!existing) await forget();
        return existing?.requestId;
      }),
    );
  }

  snapshots(requestIds: readonly number[]): Promise<Map<number, RequestSnapshot>> {
    return this.effects.read('buildbot.snapshots', () => {
      const found = requestIds.flatMap((id) => this.requests.get(id) ?? []);
      return new Map(found.map((request) => [request.requestId, request.snapshot()]));
    });
  }

  markedOpenRequests(afterRequestId: number, limit: number): Promise<MarkedRequest[]> {
    return this.effects.read('buildbot.markedOpenRequests', () =>
      [...this.requests.values()]
        .filter(({ requestId, isOpen }) => isOpen && requestId > afterRequestId)
        .slice(0, limit)
        .map(({ requestId, order: { taskId, submittedAt, createdForRunId } }) => ({
          requestId,
          taskId,
          submittedAt,
          createdForRunId,
        })),
    );
  }

  cancel({ requestId }: RequestSnapshot): Promise<void> {
    return this.effects.effect('buildbot.cancel', () => void this.wishes.push(requestId));
  }

  knows(buildername: string): Promise<BuilderKnown> {
    return this.effects.read('buildbot.knows', () => this.builders[buildername] ?? 'known');
  }

  /** Open requests of a task, oldest first. */
  openOf(taskId: string): MemoryRequest[] {
    return [...this.requests.values()].filter(({ order, isOpen }) => order.taskId === taskId && isOpen);
  }

  /** The masters get to the cancellations asked for. */
  obey(): void {
    for (const id of this.wishes) this.requests.get(id)?.stop(this.now());
  }

  /** A person cancels the request in Buildbot. */
  cancelByHand(requestId: number): void {
    this.request(requestId).stop(this.now());
  }

  startBuild(requestId: number): number {
    return this.request(requestId).start();
  }

  /** The build has ended; the request is not complete yet. */
  endBuild(requestId: number): void {
    this.request(requestId).end();
  }

  /** The newest build ends and the request with it. */
  complete(requestId: number, results: number): void {
    this.request(requestId).complete(results, this.now());
  }

  /** The newest build ends in RETRY. */
  requeue(requestId: number): void {
    this.request(requestId).requeue();
  }

  vanish(requestId: number): void {
    this.requests.delete(requestId);
  }

  request(requestId: number): MemoryRequest {
    const request = this.requests.get(requestId);
    if (!request) throw new TypeError(`no request ${requestId}`);
    return request;
  }

  #byKey({ taskId, createdForRunId, submittedAt }: OrderKey): MemoryRequest | undefined {
    return [...this.requests.values()].find(
      ({ order }) =>
        order.taskId === taskId &&
        order.createdForRunId === createdForRunId &&
        order.submittedAt === submittedAt,
    );
  }

  #underLock<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#locked.then(work);
    this.#locked = mine.catch(() => undefined);
    return mine;
  }
}
