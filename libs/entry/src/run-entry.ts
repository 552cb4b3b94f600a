// Nest's packages rely on it and import it, but in a bundle each other's code runs first.
import 'reflect-metadata';
import { setImmediate } from 'node:timers/promises';
import { endOnSignals } from './end-on-signals.js';

/**
 * Loads and starts a service in a process that can be stopped from its first moment.
 *
 * @param load loads the service. Nothing of it may be imported before, so it is to use `import()`
 */
export async function runEntry(load: () => Promise<{ start(): Promise<void> }>): Promise<void> {
  endOnSignals();
  const service = await load();
  // A signal that came meanwhile is handled first, which takes the event loop a whole turn.
  await setImmediate();
  await setImmediate();
  await service.start();
}
