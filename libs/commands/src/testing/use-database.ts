import { afterEach } from '@jest/globals';

const before = process.env.BBB_BRIDGE_DB_URL;

afterEach(() => {
  if (before === undefined) delete process.env.BBB_BRIDGE_DB_URL;
  else process.env.BBB_BRIDGE_DB_URL = before;
});

/** Lets the commands of this process work on a database, until the end of the test. */
export function useDatabase(url: string): void {
  process.env.BBB_BRIDGE_DB_URL = url;
}
