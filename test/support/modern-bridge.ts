import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JsonValue } from '@bbb/rules';
import type { TaskclusterSimulator } from '../../sandbox/taskcluster/index.js';
import type { RealMaster } from './real-buildbot/real-master.js';
import { startServiceProcess } from './service-sandbox.js';
import type { ServiceProcess } from './service-process.js';

/**
 * Writes a configuration for services between a simulated Taskcluster and a real master.
 *
 * @param changes at its top level
 */
export async function writeModernConfiguration(
  folder: string,
  taskcluster: TaskclusterSimulator,
  { url, account: { user, password } }: Pick<RealMaster, 'url' | 'account'>,
  changes: Readonly<Record<string, JsonValue>> = {},
): Promise<string> {
  const configuration = {
    taskcluster_queue_config: {
      rootUrl: taskcluster.url,
      credentials: { clientId: 'buildbot-bridge', accessToken: 'sandbox-access-token' },
    },
    bbb_db: `sqlite:///${join(folder, 'bridge.sqlite')}`,
    buildbot: { kind: 'modern', url, user, password },
    tc_worker_group: 'buildbot-bridge',
    tc_worker_id: 'buildbot-bridge',
    tclistener: { provisioner_id: 'buildbot-bridge', worker_type: 'buildbot-bridge' },
    ...changes,
  };
  const file = join(folder, 'config.json');
  await writeFile(file, JSON.stringify(configuration), { mode: 0o600 });
  return file;
}

/** Starts a service, and waits until everything is well. */
export async function startWell(
  name: string,
  configFile: string,
  env: Record<string, string> = {},
): Promise<ServiceProcess> {
  const service = await startServiceProcess(name, configFile, env);
  await service.until('/health/ready', ({ report }) => report.status === 'ok');
  return service;
}
