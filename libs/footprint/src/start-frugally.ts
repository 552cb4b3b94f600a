import { Engine } from './engine.js';
import { withLateDateFormats } from './late-date-formats.js';

/** Milliseconds after a start when its last traces are over: connections are made, lists are read. */
const SETTLED = 5000;

/**
 * Starts a service so that it takes little memory while it waits: what a start needs and nothing after it is given back.
 *
 * @param start loads and starts the service. Nothing of it may be imported before, so it is to use `import()`
 */
export async function startFrugally(start: () => Promise<unknown>): Promise<void> {
  const engine = new Engine();
  engine.spare();
  await withLateDateFormats(start);
  engine.unleash();
  setTimeout(() => engine.tidyUp(), SETTLED).unref();
}
