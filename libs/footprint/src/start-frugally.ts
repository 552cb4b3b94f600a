// Nest's packages rely on it and import it, but in a bundle each other's code runs first.
import 'reflect-metadata';
import { setImmediate } from 'node:timers/promises';
import { endOnSignals } from './end-on-signals.js';
import { Engine } from './engine.js';
import { withLateDateFormats } from './late-date-formats.js';

/** Milliseconds after a start when its last traces are over: connections are made, lists are read. */
const SETTLED = 5000;

/**
 * Starts a service so that it takes little memory while it waits: what a start needs and nothing after it is given back.
 *
 * @param load loads the service. Nothing of it may be imported before, so it is to use `import()`
 */
export async function startFrugally(load: () => Promise<{ start(): Promise<void> }>): Promise<void> {
  endOnSignals();
  const engine = new Engine();
  engine.spare();
  await withLateDateFormats(async () => {
    const service = await load();
    // A signal that has come meanwhile is heard first, which takes the event loop a whole turn.
    await setImmediate();
    await setImmediate();
    await service.start();
  });
  engine.unleash();
  setTimeout(() => engine.tidyUp(), SETTLED).unref();
}
