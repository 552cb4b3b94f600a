import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LAST_LAYOUT, ROOT_URL } from '../../configuration/src/testing/layouts.js';
import { ExampleModule } from '../../platform/src/testing/example.module.js';
import { FakeProcess } from '../../platform/src/testing/fake-process.js';
import { Folder } from '../../platform/src/testing/folder.js';
import { runBridgeServices } from './run-bridge-services.js';

let folder: Folder;
let config: string;
beforeEach(() => {
  folder = new Folder();
  config = folder.write('config.json', { ...LAST_LAYOUT, reflector: {} });
});
afterEach(() => folder.remove());

/** @param changes of the process; without a log of the test's own there is the configured file */
function run(env: Record<string, string> = {}, changes: { log?: undefined } = {}) {
  const host = new FakeProcess(['node', 'main.js', '-c', config], {
    TASKCLUSTER_ROOT_URL: ROOT_URL,
    BBB_HTTP_PORT: '0',
    ...env,
  });
  Object.assign(host, changes);
  return {
    host,
    done: runBridgeServices([{ name: 'reflector', createModule: () => ExampleModule.of([]) }], host),
  };
}

describe('runBridgeServices', () => {
  it('ends with 78 and all problems of the configuration on standard error', async () => {
    const { host, done } = run({ TASKCLUSTER_ROOT_URL: '', BBB_PULSE_PORT: 'hidden' });
    await done;
    expect(await host.exited).toBe(78);
    expect(host.stderr.text).toMatch(/2 problems:\n.*rootUrl.*\n.*pulse_port/);
    expect(host.stderr.text).not.toContain('hidden');
    expect(host.log.lines).toEqual([]);
  });

  it('logs warnings about the configuration, and the name of the service', async () => {
    const { host, done } = run({ BBB_UNHEARD_OF: '1' });
    await done;
    expect(host.log.records).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        service: 'reflector',
        warning: 'unknown variable, ignored: BBB_UNHEARD_OF',
      }),
    );
    host.emit('SIGTERM');
    expect(await host.exited).toBe(0);
  });

  it('ends with 78 and the setting of a log file that cannot be opened', async () => {
    const { host, done } = run({ BBB_LOG_FILE: `${folder.path}/none/service.log` }, { log: undefined });
    await done;
    expect(await host.exited).toBe(78);
    expect(host.stderr.text).toMatch(/^reflector\.logfile \(BBB_LOG_FILE\): .*ENOENT/);
  });
});
