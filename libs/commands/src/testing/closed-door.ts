import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

/** The URL of a database at a port on which no server listens. */
export async function closedDoor(url: string): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return Object.assign(new URL(url), { hostname: '127.0.0.1', port: String(port) }).href;
}
