import { createServer } from 'node:net';
import type { ProcessSettings } from '../process-settings.js';
import { StartDelayed } from './start-delayed.js';
import { StartRefused } from './start-refused.js';

/**
 * Finds out whether health can be served, before anything else is made.
 *
 * @throws StartDelayed when the address is taken, or the machine does not have it yet
 * @throws StartRefused when this account may not listen there
 */
export async function checkAddress(settings: ProcessSettings): Promise<void> {
  const { host, port } = settings.http;
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
  } catch (error) {
    throw describeAddressProblem(settings, error);
  }
  await new Promise((resolve) => server.close(resolve));
}

/** What a failure to listen means: a taken port may be free in a moment, a right is not granted by waiting. */
export function describeAddressProblem({ http, settingNames }: ProcessSettings, error: unknown): Error {
  const { code, message } = error as NodeJS.ErrnoException;
  const what =
    `health cannot be served on ${http.host}, port ${http.port} (${code ?? message}); ` +
    `set ${settingNames.http}, or end what uses it`;
  return code === 'EACCES'
    ? new StartRefused(what, { cause: error })
    : new StartDelayed(what, { cause: error });
}
