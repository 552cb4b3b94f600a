import type { Figures } from '../figures.js';
import { type Scenario, computeCosts, mustBe } from './scenario.js';
import type { Stage } from '../systems/stage.js';

/** Part of the tracked tasks whose claims are due in a pass. */
const DUE = 0.2;

/** Seconds: a claim made so long ago is due, with ten of its twenty minutes left. */
const LONG_AGO = 700;

/** A pass of the reflector over tasks of which a fifth is due to be reclaimed. */
export const passDue: Scenario = (stage, { tracked }) =>
  measurePass(stage, tracked, Math.round(tracked * DUE));

/** The same with the bridge's own credentials, as the original bridge had them: no claim is repeated for its own. */
export const passDuePermanent: Scenario = (stage, { tracked }) =>
  measurePass(stage, tracked, Math.round(tracked * DUE), { permanent: true });

/** A pass of the reflector in which nothing is to be done. */
export const passIdle: Scenario = (stage, { tracked }) => measurePass(stage, tracked, 0);

/**
 * 100 000 running tasks, of which as many are due as in the long run: a claim is reclaimed every ten minutes, by one call
 * with credentials that are there.
 */
export const hundredThousand: Scenario = (stage) =>
  measurePass(stage, 100_000, 10_000, { interval: 60, permanent: true });

/** Milliseconds between two looks whether the pass is over: a small part of what it costs, and it is timed by itself. */
const WAITING = 1000;

/**
 * Seconds between two passes, by the tasks that are tracked: in the time between, new ones are made for the next pass, on a
 * machine that may be busy.
 */
function computeInterval(tracked: number): number {
  return Math.max(6, tracked / 500);
}

/** Passes before the one that is measured: the first ones of a process are also compiled. */
const WARM_UP = 3;

async function measurePass(
  stage: Stage,
  tracked: number,
  due: number,
  { interval = computeInterval(tracked), permanent = false } = {},
): Promise<Figures> {
  const { taskcluster, farm } = stage;
  const build = async (count: number, claimedAgo: number) => {
    await farm.addBuilt(await taskcluster.ask({ ask: 'create', count, claimedAgo }));
  };
  await build(tracked - (WARM_UP + 1) * due, 0);
  await build(due, LONG_AGO);
  await farm.noteClaimedListRead();
  const service = await stage.start(
    'reflector',
    { reflector: { interval } },
    permanent ? { run_credentials: 'permanent' } : {},
  );
  for (let passes = 1; passes <= WARM_UP; passes++) {
    const reading = await service.waitUntil((at) => at.passes >= passes, { patience: interval + 120 });
    mustBe('passes before', reading.passes, passes);
    await build(due, LONG_AGO);
  }
  const before = await service.read();
  const countCalls = () => Promise.all([farm.countRestCalls(), farm.countSnapshotCalls()]);
  const [calls, snapshots] = await countCalls();
  mustBe('passes before', before.passes, WARM_UP);
  const after = await service.waitUntil(({ passes }) => passes > WARM_UP, { pause: WAITING });
  mustBe('passes after', after.passes, WARM_UP + 1);
  const [callsAfter, snapshotsAfter] = await countCalls();
  mustBe('states', await taskcluster.ask({ ask: 'states' }), { running: tracked });
  const seconds = after.passSeconds - before.passSeconds;
  const { 'events/s': _rate, ...each } = await computeCosts(service, before, after, tracked, seconds);
  const sql = after.bridgeDb - before.bridgeDb + after.schedulerDb - before.schedulerDb;
  return {
    'pass s': seconds,
    'cpu s/pass': after.cpu - before.cpu,
    ...each,
    'sql/500 rows': (sql * 500) / tracked,
    'rest/500 rows': ((callsAfter - calls) * 500) / tracked,
    'snapshot rest/500 rows': ((snapshotsAfter - snapshots) * 500) / tracked,
    'http/due': due > 0 ? (after.http - before.http) / due : 0,
  };
}
