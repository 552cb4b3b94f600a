import { setTimeout as sleep } from 'node:timers/promises';
import type { ModernSandbox } from '../../../sandbox/modern-sandbox.js';
import type { RealMaster } from '../../support/real-buildbot/real-master.js';
import type { Tally } from '../counters.js';
import type { ModernLoad } from './load.js';

/** Seconds without any change after which the operator of the master helps; longer than any build of the load. */
const PATIENCE = 30;

/**
 * Waits until every task has ended and no row is left, as long as something changes. A worker that is lost while it is
 * being prepared leaves a build that never ends, and its builder builds nothing else on that worker: only a restart of
 * the master helps, which its operator makes when nothing changes any more.
 *
 * @param calm seconds without any change after which what has not ended is stuck
 * @returns the seconds that it took
 */
export async function awaitRest(
  sandbox: ModernSandbox,
  load: ModernLoad,
  master: RealMaster,
  tally: Tally,
  calm: number,
): Promise<number> {
  const begun = Date.now();
  let isHelped = false;
  let before = '';
  for (let changed = begun; Date.now() - changed < calm * 1000; await sleep(500)) {
    const { tasks, messages } = await sandbox.countRowsLeft();
    if (load.isOver && tasks === 0 && messages === 0) break;
    const now = JSON.stringify([tasks, messages, await load.look()]);
    if (now !== before) [before, changed] = [now, Date.now()];
    if (isHelped || Date.now() - changed < PATIENCE * 1000) continue;
    isHelped = true;
    changed = Date.now();
    tally.count('operator: master killed and started');
    await master.kill();
    await master.start();
    await master.workerIsConnected();
  }
  return (Date.now() - begun) / 1000;
}
