import {
  Buildbot,
  type BuilderKnown,
  type BuildOutcome,
  type BuildRef,
  type RequestSpec,
  type MarkedRequest,
  type RequestKey,
  type RequestSnapshot,
} from '@bbb/rules';
import { LEGACY_PAYLOAD_RULES } from '../../../buildbot/src/legacy/payload-rules.js';
import type { Effects } from './effects.js';
import { MemoryRequest } from './memory-request.js';

/**
 * A Buildbot in memory. Its masters are moved by the test: `startBuild`, `endBuild`, `complete`, `requeue`;
 * cancellations are wishes until `obey`.
 */
export class MemoryBuildbot extends Buildbot {
  override readonly payloadRules = LEGACY_PAYLOAD_RULES;
  readonly requests = new Map<number, MemoryRequest>();
  /** Ids of requests whose cancellation was asked for, each time it was. */
  readonly wishes: number[] = [];
  /** Tasks that had two open requests at one moment: must stay empty. */
  readonly doubles: string[] = [];
  /** What builds left behind, where a message does not tell it. */
  readonly outcomes = new Map<number, BuildOutcome>();
  builders: Record<string, BuilderKnown> = {};
  #nextId = 100;
  #locked: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly effects: Effects,
    private readonly now: () => number,
  ) {
    super();
  }

  create(order: RequestSpec, stillWanted: () => Promise<boolean>): Promise<number | undefined> {
    return this.effects.effect('buildbot.create', () =>
      this.#underLock(async () => {
        const existing = this.#byKey(order);
        if (existing) return existing.buildRequestId;
        if (!(await stillWanted())) return undefined;
        if (this.openOf(order.taskId).length > 0) this.doubles.push(order.taskId);
        const request = new MemoryRequest(this.#nextId++, order);
        this.requests.set(request.buildRequestId, request);
        return request.buildRequestId;
      }),
    );
  }

  find(key: RequestKey): Promise<number | undefined> {
    return this.effects.read('buildbot.find', () => this.#byKey(key)?.buildRequestId);
  }

  withdraw(key: RequestKey, forget: () => Promise<void>): Promise<number | undefined> {
    return this.effects.read('buildbot.withdraw', () =>
      this.#underLock(async () => {
        const existing = this.#byKey(key);
        if (!existing) await forget();
        return existing?.buildRequestId;
      }),
    );
  }

  snapshots(buildRequestIds: readonly number[]): Promise<Map<number, RequestSnapshot>> {
    return this.effects.read('buildbot.snapshots', () => {
      const found = buildRequestIds.flatMap((id) => this.requests.get(id) ?? []);
      return new Map(found.map((request) => [request.buildRequestId, request.snapshot()]));
    });
  }

  markedOpenRequests(afterBuildRequestId: number, limit: number): Promise<MarkedRequest[]> {
    return this.effects.read('buildbot.markedOpenRequests', () =>
      [...this.requests.values()]
        .filter(({ buildRequestId, isOpen }) => isOpen && buildRequestId > afterBuildRequestId)
        .slice(0, limit)
        .map(({ buildRequestId, order: { taskId, scheduledAt, createdForRunId } }) => ({
          buildRequestId,
          taskId,
          createdAt: scheduledAt,
          createdForRunId,
        })),
    );
  }

  cancel({ buildRequestId }: RequestSnapshot): Promise<void> {
    return this.effects.effect('buildbot.cancel', () => void this.wishes.push(buildRequestId));
  }

  outcome({ buildId }: BuildRef): Promise<BuildOutcome | undefined> {
    return this.effects.read('buildbot.outcome', () => this.outcomes.get(buildId));
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
  cancelByHand(buildRequestId: number): void {
    this.request(buildRequestId).stop(this.now());
  }

  startBuild(buildRequestId: number): number {
    return this.request(buildRequestId).start();
  }

  /** The build has ended; the request is not complete yet. */
  endBuild(buildRequestId: number): void {
    this.request(buildRequestId).end();
  }

  /** The newest build ends and the request with it. */
  complete(buildRequestId: number, results: number): void {
    this.request(buildRequestId).complete(results, this.now());
  }

  /** The newest build ends in RETRY. */
  requeue(buildRequestId: number): void {
    this.request(buildRequestId).requeue();
  }

  vanish(buildRequestId: number): void {
    this.requests.delete(buildRequestId);
  }

  request(buildRequestId: number): MemoryRequest {
    const request = this.requests.get(buildRequestId);
    if (!request) throw new TypeError(`no request ${buildRequestId}`);
    return request;
  }

  #byKey({ taskId, createdForRunId, scheduledAt }: RequestKey): MemoryRequest | undefined {
    return [...this.requests.values()].find(
      ({ order, isDropped }) =>
        !isDropped &&
        order.taskId === taskId &&
        order.createdForRunId === createdForRunId &&
        order.scheduledAt === scheduledAt,
    );
  }

  #underLock<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#locked.then(work);
    this.#locked = mine.catch(() => undefined);
    return mine;
  }
}
