import {
  type KeptMessage,
  MessageStore,
  type ReceivedMessage,
  TaskStore,
  type TrackedPage,
  type TrackedTask,
  type TrackedTaskChanges,
  TurnStore,
} from '@bbb/rules';
import type { Effects } from '../../../libs/reconciler/src/testing/effects.js';
import { MemoryTaskStore } from '../../../libs/reconciler/src/testing/memory-task-store.js';
import type { MemoryMessageStore } from '../../../libs/pulse/src/testing/memory-message-store.js';
import type { Gate } from './gate.js';
import type { Watch } from './watch.js';

const SYSTEM = 'bridge-db';

/** The rows behind all task stores of a world, without gates. */
export function sharedTaskStore(): MemoryTaskStore {
  const direct = { read: run, effect: run } as unknown as Effects;
  return new MemoryTaskStore(direct);
}

function run<T>(_name: string, work: () => T | Promise<T>): Promise<T> {
  return Promise.resolve(work());
}

/** The tracked tasks as one process reaches them. */
export class ModelTaskStore extends TaskStore {
  constructor(
    private readonly shared: MemoryTaskStore,
    private readonly gate: Gate,
    private readonly watch: Watch,
  ) {
    super();
  }

  get(taskId: string): Promise<TrackedTask | undefined> {
    return this.gate.call(SYSTEM, 'get', 'read', () => this.shared.get(taskId));
  }

  byBuildRequestIds(buildRequestIds: readonly number[]): Promise<TrackedTask[]> {
    return this.gate.call(SYSTEM, 'byBuildRequestIds', 'read', () =>
      this.shared.byBuildRequestIds(buildRequestIds),
    );
  }

  byTaskIds(taskIds: readonly string[]): Promise<TrackedTask[]> {
    return this.gate.call(SYSTEM, 'byTaskIds', 'read', () => this.shared.byTaskIds(taskIds));
  }

  track(task: Parameters<TaskStore['track']>[0]): ReturnType<TaskStore['track']> {
    return this.gate.call(SYSTEM, 'track', 'effect', () => this.shared.track(task));
  }

  change(task: TrackedTask, changes: TrackedTaskChanges): Promise<TrackedTask | undefined> {
    return this.gate.call(SYSTEM, 'change', 'effect', async () => {
      const changed = await this.shared.change(task, changes);
      if (changed) this.watch.changed(task, changed);
      return changed;
    });
  }

  forget(task: TrackedTask): Promise<boolean> {
    return this.gate.call(SYSTEM, 'forget', 'effect', async () => {
      const forgotten = await this.shared.forget(task);
      if (forgotten) this.watch.forgotten(task);
      return forgotten;
    });
  }

  page(limit: number, after?: string): Promise<TrackedPage> {
    return this.gate.call(SYSTEM, 'page', 'read', () => this.shared.page(limit, after));
  }
}

/** Kept messages as one process reaches them. */
export class ModelMessageStore extends MessageStore {
  constructor(
    private readonly shared: MemoryMessageStore,
    private readonly gate: Gate,
  ) {
    super();
  }

  park(message: ReceivedMessage, error: string, nextAttempt: number): Promise<void> {
    return this.gate.call(SYSTEM, 'park', 'effect', () => this.shared.park(message, error, nextAttempt));
  }

  quarantine(message: ReceivedMessage, error: string): Promise<void> {
    return this.gate.call(SYSTEM, 'quarantine', 'effect', () => this.shared.quarantine(message, error));
  }

  takeDue(queues: readonly string[], now: number, until: number, limit: number): Promise<KeptMessage[]> {
    return this.gate.call(SYSTEM, 'takeDue', 'effect', () => this.shared.takeDue(queues, now, until, limit));
  }

  settle(id: number): Promise<void> {
    return this.gate.call(SYSTEM, 'settle', 'effect', () => this.shared.settle(id));
  }

  parkAgain(id: number, error: string, nextAttempt: number): Promise<void> {
    return this.gate.call(SYSTEM, 'parkAgain', 'effect', () =>
      this.shared.kept.has(id) ? this.shared.parkAgain(id, error, nextAttempt) : undefined,
    );
  }

  quarantineKept(id: number, error: string): Promise<void> {
    return this.gate.call(SYSTEM, 'quarantineKept', 'effect', () =>
      this.shared.kept.has(id) ? this.shared.quarantineKept(id, error) : undefined,
    );
  }

  list(state?: KeptMessage['state']): Promise<KeptMessage[]> {
    return this.shared.list(state);
  }

  replay(id: number): Promise<boolean> {
    return this.shared.replay(id);
  }

  drop(id: number): Promise<boolean> {
    return this.shared.drop(id);
  }

  count(state: KeptMessage['state']): Promise<number> {
    return this.shared.count(state);
  }
}

/** Turns as one process takes them, by the rule of the bridge's database. */
export class ModelTurnStore extends TurnStore {
  constructor(
    private readonly taken: Map<string, number>,
    private readonly gate: Gate,
  ) {
    super();
  }

  take(name: string, now: number, gap: number): Promise<boolean> {
    return this.gate.call(SYSTEM, 'turn', 'effect', () => {
      const last = this.taken.get(name);
      if (last !== undefined && last > now - gap && last <= now + gap) return false;
      this.taken.set(name, now);
      return true;
    });
  }
}
