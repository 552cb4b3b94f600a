import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { findFreePort } from '../sandbox/services.js';
import { eventually } from './support/eventually.js';
import { copyOfProject } from './support/project.js';
import { describeWhere, isReachable } from './support/servers.js';
import { ServiceProcess } from './support/service-process.js';
import { useServiceSandbox } from './support/service-sandbox.js';

describeWhere(isReachable('rabbitmq'))('a service', () => {
  const current = useServiceSandbox();

  it('is compiled and started by the Nest command', async () => {
    const copy = await copyOfProject();
    const port = await findFreePort();
    try {
      const nest = join(copy, 'node_modules', '.bin', 'nest');
      const service = ServiceProcess.start([nest, 'start', 'tc-listener'], {
        cwd: copy,
        env: { BBB_CONFIG: await current.configure(), BBB_HTTP_PORT: String(port) },
        port,
        group: true,
      });
      await service.until('/health/ready', ({ status }) => status === 200, 100);
      await service.stop();
      await eventually(async () => expect(await current.sandbox.countMessagesLeft()).toBe(0));

      // What one service has compiled is not compiled again for another.
      const compiled = await stat(join(copy, 'dist', 'libs', 'rules', 'src', 'index.js'));
      for (const app of ['bb-listener', 'all'])
        expect(await ServiceProcess.start([nest, 'build', app], { cwd: copy }).exit()).toBe(0);
      await stat(join(copy, 'dist', 'all-in-one', 'src', 'main.js'));
      expect((await stat(join(copy, 'dist', 'libs', 'rules', 'src', 'index.js'))).mtimeMs).toBe(
        compiled.mtimeMs,
      );
    } finally {
      await rm(copy, { recursive: true, force: true });
    }
  }, 300_000);
});
