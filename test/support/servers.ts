import { SERVERS, type ServerName } from './global-setup.js';

export { SERVERS, type ServerName };

/** Which servers answered when the test run began; decided once, by `global-setup.ts`. */
export function isReachable(server: ServerName): boolean {
  return (process.env.BBB_TEST_REACHABLE ?? '').split(',').includes(server);
}
