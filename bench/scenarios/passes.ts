import type { Figures } from '../figures.js';
import { type Scenario, costs, mustBe } from './scenario.js';
import type { Stage } from '../world/stage.js';

/** Part of the tracked tasks whose claims are due in a pass. */
const DUE = 0.2;

/** Seconds: a claim made so long ago is due, with ten of its twenty minutes left. */
const LONG_AGO = 700;

/** A pass of the reflector over tasks of which a fifth is due to be reclaimed. */
export const passDue: Scenario = (stage, { tracked }) => pass(stage, tracked, Math.round(tracked * DUE));

/** A pass of the reflector in which nothing is to be done. */
export const passIdle: Scenario = (stage, { tracked }) => pass(stage, tracked, 0);

/** 100 000 running tasks, of which as many are due as in the long run: a claim is renewed every ten minutes. */
export const hundredThousand: Scenario = (stage) => pass(stage, 100_000, 10_000, 60);

/** The second pass of a process is measured: the first one compiles. */
async function pass(stage: Stage, tracked: number, due: number, interval = 5): Promise<Figures> {
  const { taskcluster, farm } = stage;
  await farm.build(await taskcluster.ask({ ask: 'create', count: tracked - due, claimedAgo: 0 }));
  await farm.claimedListWasRead();
  const service = await stage.start('reflector', { reflector: { interval } });
  await service.until(({ passes }) => passes >= 1);
  await farm.build(await taskcluster.ask({ ask: 'create', count: due, claimedAgo: LONG_AGO }));
  const before = await service.read();
  mustBe('passes before', before.passes, 1);
  const after = await service.until(({ passes }) => passes >= 2);
  mustBe('passes after', after.passes, 2);
  mustBe('states', await taskcluster.ask({ ask: 'states' }), { running: tracked });
  const seconds = after.passSeconds - before.passSeconds;
  const { 'events/s': _rate, ...each } = await costs(service, before, after, tracked, seconds);
  return {
    'pass s': seconds,
    'cpu s/pass': after.cpu - before.cpu,
    ...each,
    'sql/500 rows':
      ((after.bridgeDb - before.bridgeDb + after.schedulerDb - before.schedulerDb) * 500) / tracked,
    'http/due': due > 0 ? (after.http - before.http) / due : 0,
  };
}
