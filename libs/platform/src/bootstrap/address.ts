import { createServer } from 'node:net';
import type { ProcessSettings } from '../process-settings.js';
import { StartDelayed } from './start-delayed.js';
import { StartRefused } from './start-refused.js';

/**
 * Checks whether the health endpoints can be served, before any other part of the service is created.
 *
 * @throws StartDelayed when the address is taken, or the machine does not have it yet
 * @throws StartRefused when this account lacks the right to listen there
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

/** Translates a failure to listen: a taken port may become free (delayed), a missing right does not appear (refused). */
export function describeAddressProblem({ http, settingNames }: ProcessSettings, error: unknown): Error {
  const { code, message } = error as NodeJS.ErrnoException;
  const what =
    `health cannot be served on ${http.host}, port ${http.port} (${code ?? message}); ` +
    `set ${settingNames.http}, or end what uses it`;
  return code === 'EACCES'
    ? new StartRefused(what, { cause: error })
    : new StartDelayed(what, { cause: error });
}
