import {
  JournalTable,
  KeptMessages,
  PassStoreSql,
  PauseStoreSql,
  type BridgeDb,
  type TaskCounts,
} from '@bbb/bridge-db';
import { listInstances, type ListedInstance, type OperationSystems } from '@bbb/operation';
import type { JournalEntry, PassState, Pause, TrackedTask } from '@bbb/rules';

/** A claim with less time left, in seconds, needs attention: a pass reclaims ten minutes before the end. */
export const CLAIM_AT_RISK = 300;

const HOUR = 3600;

/** Seconds that one bar of a plot stands for. */
export const PART = 300;

const MOST_CLAIMS = 10;
const MOST_ENTRIES = 20;

/** What the overview shows. Times are epoch seconds. */
export interface Overview {
  at: number;
  counts: TaskCounts;
  kept: { parked: number; quarantined: number };
  /** Claims with little time left, the most urgent first. */
  urgent: readonly TrackedTask[];
  instances: readonly ListedInstance[];
  pauses: readonly Pause[];
  passes: PassState;
  /** Decisions of the last hour by verdict, in parts of {@link PART} seconds. */
  decided: ReadonlyMap<string, readonly number[]>;
  /** The newest decisions, newest first. */
  newest: readonly JournalEntry[];
}

/** @throws Unavailable when the bridge database cannot be read */
export async function readOverview(
  systems: Pick<OperationSystems, 'db' | 'tasks' | 'clock'>,
  db: BridgeDb,
): Promise<Overview> {
  const at = systems.clock.now();
  const { tasks } = systems;
  const [journal, messages] = [new JournalTable(db), new KeptMessages(db)];
  const [counts, parked, quarantined] = await Promise.all([
    tasks.countByState(),
    messages.count('parked', {}),
    messages.count('quarantined', {}),
  ]);
  const [urgent, instances, pauses, passes, decided, newest] = await Promise.all([
    tasks.page({ claimedUntilBefore: at + CLAIM_AT_RISK }, 'claim', MOST_CLAIMS),
    listInstances(systems),
    new PauseStoreSql(db).list(),
    new PassStoreSql(db).read(),
    journal.countByVerdict(at - HOUR, PART, HOUR / PART),
    journal.page({}, MOST_ENTRIES),
  ]);
  return {
    at,
    counts,
    kept: { parked, quarantined },
    urgent: urgent.tasks,
    instances,
    pauses,
    passes,
    decided,
    newest: newest.entries,
  };
}
