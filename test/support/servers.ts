import { SERVERS, type OwnServerName, type ServerName } from './global-setup.js';

export { SERVERS, type ServerName };

/** Which servers answered when the test run began; decided once, by `global-setup.ts`. */
export function isReachable(server: ServerName): boolean {
  return (process.env.BBB_TEST_REACHABLE ?? '').split(',').includes(server);
}

/** Whether this machine can run such a server for a test alone. */
export function canStart(server: OwnServerName): boolean {
  return (process.env.BBB_TEST_STARTABLE ?? '').split(',').includes(server);
}
