import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceName } from '@bbb/configuration';
import type { Figures } from '../figures.js';
import type { Scenario } from './scenario.js';

/** Milliseconds after which a service counts as idle. */
const SETTLED = 20_000;

const SERVICES: ServiceName[] = ['tc-listener', 'bb-listener', 'reflector'];

/** How soon a service is ready, what its start costs, and what it holds when nothing happens. */
export const start: Scenario = async (stage) => {
  const figures: Figures = {};
  for (const name of SERVICES) {
    const service = await stage.start(name);
    figures[`${name} ready ms`] = service.readyAfter;
    figures[`${name} start cpu s`] = (await service.read()).cpu;
    await sleep(SETTLED);
    figures[`${name} idle MB`] = (await service.readMemory()).now;
    await service.stop();
  }
  return figures;
};
