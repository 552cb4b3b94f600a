import { computeMedian, type Figures } from '../figures.js';
import type { Scenario } from './scenario.js';

const TRACKED = 100_000;

/** Loads of a page; the median counts. */
const LOADS = 11;

const PAGES = { overview: '', tasks: 'tasks' };

const COMMANDS = {
  'tasks --limit 50': ['tasks', '--limit', '50'],
  'tasks --limit 5000': ['tasks', '--limit', '5000'],
};

/** What operators look at, of 100 000 running tasks: how long it takes, and what of it is processor time. */
export const looks: Scenario = async (stage) => {
  await stage.farm.addBuilt(await stage.taskcluster.ask({ ask: 'create', count: TRACKED, claimedAgo: 0 }));
  await stage.farm.noteClaimedListRead();
  const service = await stage.start('reflector', { reflector: { interval: 3600 } });
  await service.waitUntil(({ passes }) => passes >= 1, { patience: 300 });
  await service.waitUntilSettled();
  const figures: Figures = {};
  for (const [name, path] of Object.entries(PAGES)) {
    await service.load(path);
    const before = await service.read();
    const loads: Figures[] = [];
    while (loads.length < LOADS) loads.push({ seconds: await service.load(path) });
    const after = await service.read();
    figures[`${name} s`] = computeMedian(loads).seconds!;
    figures[`${name} cpu s`] = (after.cpu - before.cpu) / LOADS;
    figures[`${name} bridge sql`] = (after.bridgeDb - before.bridgeDb) / LOADS;
  }
  await service.stop();
  for (const [name, words] of Object.entries(COMMANDS)) {
    const { seconds, cpu } = await stage.runCommand(...words);
    figures[`${name} s`] = seconds;
    figures[`${name} cpu s`] = cpu;
  }
  return figures;
};
