import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type GivenMaster, SANDBOX_PASSWORD } from '../../../sandbox/modern-sandbox.js';
import { findFreePort } from '../../../sandbox/services.js';
import { buildbotHasFrontEnd } from '../global-setup.js';
import { writeFrontEnd } from './front-end.js';
import { MasterRest } from './master-rest.js';
import { OwnProcess } from './own-process.js';
import { inRepository } from './repository.js';

/** A real master with sandbox/modern/master.cfg, as docs/getting-started-modern.md tells to start one. */
export async function startSandboxMaster(): Promise<GivenMaster & { stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'bbb-buildbot-'));
  const basedir = join(folder, 'master');
  await promisify(execFile)('buildbot', ['create-master', basedir], { cwd: folder });
  if (!buildbotHasFrontEnd()) await writeFrontEnd(basedir);
  for (const file of ['sandbox/modern/master.cfg', 'buildbot/bridge_scheduler.py'])
    await copyFile(inRepository(file), join(basedir, file.split('/').at(-1)!));
  const port = String(await findFreePort());
  const url = `http://127.0.0.1:${port}`;
  const account = { user: 'bridge', password: SANDBOX_PASSWORD };
  const env = { PYTHONPATH: basedir, PYTHONDONTWRITEBYTECODE: '1', BUILDBOT_PORT: port };
  const process = new OwnProcess(['buildbot', 'start', '--nodaemon', basedir], basedir, env);
  const stop = async () => {
    await process.end('SIGTERM');
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  const rest = new MasterRest(url, account);
  await process
    .start(async () => (await rest.get('/api/v2')).status === 200)
    .catch(async (error: unknown) => {
      await stop();
      throw error;
    });
  return { url, account, scheduler: 'bridge', stop };
}
