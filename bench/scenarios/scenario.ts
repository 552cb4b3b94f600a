import type { Figures } from '../figures.js';
import type { Reading, Service } from '../systems/service.js';
import type { Stage } from '../systems/stage.js';

/** Amount of work. */
export interface Load {
  /** Messages of a burst. */
  events: number;
  /** Tasks that the reflector tracks. */
  tracked: number;
}

/** Measures one thing on a new stage. @throws Error when the services did not do their work */
export type Scenario = (stage: Stage, load: Load) => Promise<Figures>;

/** What a number of events cost, between two readings. */
export async function computeCosts(
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
    'peak MB': (await service.readMemory()).peak,
  };
}

export function mustBe(what: string, actual: unknown, expected: unknown): void {
  const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (is !== should) throw new Error(`${what}: expected ${should}, got ${is}`);
}
