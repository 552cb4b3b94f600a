import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { start } from '../all-in-one/src/start.js';
import { FakeProcess } from '../libs/platform/src/testing/fake-process.js';
import { type Scenario } from '../sandbox/mix.js';
import { hasArrived, play } from '../sandbox/story.js';
import type { Sandbox } from '../sandbox/sandbox.js';
import { findFreePort } from '../sandbox/services.js';
import { openSandbox } from './support/open-sandbox.js';
import { useUndo } from './support/undo.js';

const SUCCESS: Scenario = {
  name: 'success',
  plan: () => ({ duration: 0.5 }),
  taskcluster: 'completed',
  buildbot: 'SUCCESS',
};

const undo = useUndo(afterEach);
let sandbox: Sandbox;

beforeEach(async () => {
  sandbox = await openSandbox(undo, 'sqlite', { scenarios: [SUCCESS] });
});

async function startAll(environment: Record<string, string>): Promise<FakeProcess> {
  const ports = {
    tclistener: await findFreePort(),
    bblistener: await findFreePort(),
    reflector: await findFreePort(),
  };
  const file = await sandbox.writeConfiguration(ports);
  const host = new FakeProcess(['node', 'main.js', '-c', file], environment);
  const done = start(host, { connect: () => sandbox.options.broker.connect() });
  undo.push(async () => {
    host.emit('SIGTERM');
    await done;
    await host.exited;
  });
  await done;
  return host;
}

const healthUrls = (host: FakeProcess) =>
  host.log.records.flatMap(({ msg, healthUrl }) => (msg === 'service started' ? [healthUrl as string] : []));

it('runs the three services, each with its own health, and stops them together', async () => {
  const host = await startAll({});
  const urls = healthUrls(host);
  expect(urls).toHaveLength(3);
  for (const url of urls) expect((await fetch(`${url}/health/live`)).status).toBe(200);
  const metrics = await Promise.all(urls.map(async (url) => (await fetch(`${url}/metrics`)).text()));
  expect(metrics.filter((text) => text.includes('bbb_pulse_connected 1'))).toHaveLength(2);
  expect(metrics.filter((text) => text.includes('process_resident_memory_bytes '))).toHaveLength(1);
  const actors = await play(sandbox, [[SUCCESS]], () => undefined, 30);
  expect(actors.every(hasArrived)).toBe(true);
  host.emit('SIGTERM');
  expect(await host.exited).toBe(0);
  for (const url of urls) await expect(fetch(`${url}/health/live`)).rejects.toThrow();
}, 60_000);

it('takes the ports after the one that a variable sets for every service', async () => {
  const port = await findFreePort();
  const host = await startAll({ BBB_HTTP_PORT: String(port) });
  expect(healthUrls(host)).toEqual([0, 1, 2].map((more) => `http://127.0.0.1:${port + more}`));
});

it('tells the problems of all services at once', async () => {
  const file = join(sandbox.options.folder, 'config.json');
  const host = new FakeProcess(['node', 'main.js', '-c', file], {
    BBB_PARKING_INTERVAL: 'x',
    BBB_REFLECTOR_BATCH: 'y',
  });
  await sandbox.writeConfiguration({ tclistener: 0, bblistener: 0, reflector: 0 });
  await start(host);
  expect(await host.exited).toBe(78);
  expect(host.stderr.text).toMatch(/2 problems/);
});
