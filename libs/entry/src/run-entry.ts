// Nest's packages import it themselves, but in a bundle their code may run before it.
import 'reflect-metadata';
import { setImmediate } from 'node:timers/promises';
import { endOnSignals } from './end-on-signals.js';

/**
 * Loads and starts a service in a process that can be stopped from its first moment.
 *
 * @param load loads the service with `import()`; no part of the service may be imported before
 */
export async function runEntry(load: () => Promise<{ start(): Promise<void> }>): Promise<void> {
  endOnSignals();
  const service = await load();
  // A signal that arrived meanwhile is handled first, which takes one whole turn of the event loop.
  await setImmediate();
  await setImmediate();
  await service.start();
}
