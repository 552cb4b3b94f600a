import { afterAll, afterEach, beforeAll, jest } from '@jest/globals';
import { isFull, isWhole } from '../campaign.js';
// Loaded before the tests begin, because it ends with a hook.
import '../databases.js';
import { canStart, describeEach, describeWhere, isReachable } from '../servers.js';
import { MasterCalls } from './master-calls.js';
import type { MasterDatabaseKind } from './master-database.js';
import { type Account, MasterRest } from './master-rest.js';
import { RealMaster } from './real-master.js';
import type { RealWorker } from './real-worker.js';

/**
 * A master that a suite is run against, real or simulated. `control` is what the suite may do to the process and its
 * worker; a master that somebody else runs has none.
 */
export interface MasterUnderTest {
  readonly url: string;
  readonly account: Account;
  readonly rest: MasterRest;
  readonly control?: MasterControl;
  dispose(): Promise<void>;
}

/** What a suite may do to a master and its worker. */
export type MasterControl = Pick<
  RealMaster,
  | 'start'
  | 'workerIsConnected'
  | 'stop'
  | 'stopWhenIdle'
  | 'ended'
  | 'kill'
  | 'restart'
  | 'reconfigure'
  | 'move'
  | 'stopWrites'
  | 'steer'
> & {
  worker: Pick<RealWorker, 'isRunning' | 'start' | 'kill' | 'freeze' | 'thaw'>;
};

export type MasterKind = MasterDatabaseKind | 'given';

const GIVEN = process.env.BBB_REAL_MASTER;

const BOTH = ['sqlite', 'postgres'] as const;

/** The databases of the masters that tests start for themselves; the campaigns take both. */
export const OWN_KINDS: readonly ('sqlite' | 'postgres')[] = isFull ? BOTH : ['sqlite'];

/** The same for what takes minutes. */
export const FEW_OWN_KINDS: readonly ('sqlite' | 'postgres')[] = isWhole ? BOTH : ['sqlite'];

/** The masters that suites run against: one given by BBB_REAL_MASTER, or those that the tests start for themselves. */
export const MASTER_KINDS: readonly MasterKind[] = GIVEN ? ['given'] : OWN_KINDS;

export function isPossible(kind: MasterKind): boolean {
  switch (kind) {
    case 'given':
      return true;
    case 'sqlite':
      return canStart('buildbot');
    case 'postgres':
      return canStart('buildbotOnPostgres') && isReachable('postgres');
    case 'mysql':
      return canStart('buildbotOnMysql') && isReachable('mysql');
  }
}

/** `describe.each` over the kinds of master. */
export const describeMasters = describeEach(MASTER_KINDS, isPossible);

/** The same for what takes minutes. */
export const describeFewMasters = describeEach<MasterKind>(GIVEN ? ['given'] : FEW_OWN_KINDS, isPossible);

/** For tests that stop the master, and take minutes. */
export const describeOwnMasters = describeEach(FEW_OWN_KINDS, (kind) => !GIVEN && isPossible(kind));

/** For what only databases without transactions do. */
export const describeMariaDbMaster = describeWhere(!GIVEN && isPossible('mysql'));

export async function startMaster(kind: MasterKind): Promise<MasterUnderTest> {
  if (kind !== 'given') {
    const master = await RealMaster.start(kind);
    const { url, account, rest } = master;
    return { url, account, rest, control: master, dispose: () => master.dispose() };
  }
  const url = GIVEN!.replace(/\/$/, '');
  const account = {
    user: process.env.BBB_REAL_MASTER_USER ?? 'bridge',
    password: process.env.BBB_REAL_MASTER_PASSWORD ?? '',
  };
  return { url, account, rest: new MasterRest(url, account), dispose: async () => {} };
}

/** How long a test with a real master may take, in every file that has one; it takes some seconds on a quiet machine. */
export const MASTER_TIMEOUT_MS = 300_000;
jest.setTimeout(MASTER_TIMEOUT_MS);

/** One master for all tests of a `describe`; what they requested is cancelled after each. */
export function withMaster(start: () => Promise<MasterUnderTest>) {
  const found = {} as { master: MasterUnderTest; calls: MasterCalls };
  beforeAll(async () => {
    found.master = await start();
    found.calls = new MasterCalls(found.master.rest);
  });
  afterEach(() => found.calls.cancelAll());
  // Undefined when it did not start.
  afterAll(() => (found.master as MasterUnderTest | undefined)?.dispose());
  return found;
}
