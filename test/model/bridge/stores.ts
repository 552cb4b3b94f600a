import {
  type Absence,
  type ReceivedMessage,
  type TrackedTask,
  type TrackedTaskChanges,
  TurnStore,
} from '@bbb/rules';
import { callThrough } from '../../support/doubles/gated.js';
import { MemoryMessageStore } from '../../support/doubles/memory-message-store.js';
import { MemoryTaskStore } from '../../support/doubles/memory-task-store.js';
import type { Gate } from './gate.js';
import { MemoryPassStore } from '../../support/doubles/memory-pass-store.js';
import type { Watch } from '../watch/watch.js';

const EFFECTS = new Set([
  'track',
  'change',
  'forget',
  'park',
  'quarantine',
  'takeDue',
  'settle',
  'parkAgain',
  'quarantineKept',
  'take',
  'giveBack',
  'changeAbsence',
  'noteFinished',
  'offer',
  'count',
]);

/** One of the stores below as one process reaches it. */
export function behindGate<Store extends object>(store: Store, gate: Gate): Store {
  return callThrough(store, (name, work) =>
    gate.call('bridge-db', name, EFFECTS.has(name) ? 'effect' : 'read', work),
  );
}

/** The rows of all processes; what is done to them is watched. */
export class WatchedTaskStore extends MemoryTaskStore {
  constructor(private readonly watch: Pick<Watch, 'changed' | 'forgotten'>) {
    super();
  }

  override async change(task: TrackedTask, changes: TrackedTaskChanges): Promise<TrackedTask | undefined> {
    const changed = await super.change(task, changes);
    if (changed) this.watch.changed(task, changed);
    return changed;
  }

  override async forget(task: TrackedTask): Promise<boolean> {
    const forgotten = await super.forget(task);
    if (forgotten) this.watch.forgotten(task);
    return forgotten;
  }
}

/** What passes have found, for all processes. */
export class WatchedPassStore extends MemoryPassStore {
  constructor(private readonly watch: Pick<Watch, 'counted'>) {
    super();
  }

  override async changeAbsence(judge: (known: Absence) => Absence): Promise<Absence> {
    const absence = await super.changeAbsence(judge);
    this.watch.counted(absence);
    return absence;
  }

  override async confirmMissing(missing: number): Promise<boolean> {
    const confirmed = await super.confirmMissing(missing);
    this.watch.counted(this.state);
    return confirmed;
  }
}

/** Kept messages, and what was ever kept. */
export class KeptMessages extends MemoryMessageStore {
  readonly bodies = new Set<string>();

  override async park(message: ReceivedMessage, error: string, nextAttempt: number): Promise<void> {
    await super.park(message, error, nextAttempt);
    this.bodies.add(message.body);
  }

  override async quarantine(message: ReceivedMessage, error: string): Promise<void> {
    await super.quarantine(message, error);
    this.bodies.add(message.body);
  }
}

/** Turns, by the rule of the bridge's database. */
export class MemoryTurnStore extends TurnStore {
  readonly taken = new Map<string, number>();

  override async take(name: string, now: number, gap: number): Promise<boolean> {
    const last = this.taken.get(name);
    if (last !== undefined && last > now - gap && last <= now + gap) return false;
    this.taken.set(name, now);
    return true;
  }

  override async giveBack(name: string, takenAt: number): Promise<void> {
    if (this.taken.get(name) === takenAt) this.taken.set(name, 0);
  }
}
