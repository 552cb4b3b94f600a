import type { Figures } from '../figures.js';
import type { Reading, Service } from '../systems/service.js';
import type { Stage } from '../systems/stage.js';

/** How much of everything. */
export interface Load {
  /** Messages of a burst. */
  events: number;
  /** Tasks that a reflector watches. */
  tracked: number;
}

/** One thing to measure, on a stage of its own. @throws Error when the services did not do what they should */
export type Scenario = (stage: Stage, load: Load) => Promise<Figures>;

/** What a number of events cost, between two readings. */
export async function costs(
  service: Service,
  before: Reading,
  after: Reading,
  events: number,
  seconds: number,
): Promise<Figures> {
  const each = (name: keyof Reading) => (after[name] - before[name]) / events;
  return {
    'events/s': events / seconds,
    'cpu s/1000': each('cpu') * 1000,
    'http/event': each('http'),
    'bridge sql/event': each('bridgeDb'),
    'scheduler sql/event': each('schedulerDb'),
    'peak MB': (await service.memory()).peak,
  };
}

export function mustBe(what: string, actual: unknown, expected: unknown): void {
  const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (is !== should) throw new Error(`${what}: ${is}, not ${should}`);
}
