import { execFile } from 'node:child_process';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { loadConfiguration } from '@bbb/configuration';
import { readPayload } from '@bbb/rules';
import { findFreePort } from '../../sandbox/services.js';
import { TaskclusterSimulator } from '../../sandbox/taskcluster/index.js';
import { MODERN_PAYLOAD_RULES } from '../../libs/buildbot/src/modern/payload-rules.js';
import { isPossible } from '../support/real-buildbot/masters.js';
import { inRepository } from '../support/real-buildbot/repository.js';
import { eventually } from '../support/eventually.js';
import { compileProject } from '../support/project.js';
import { ServiceProcess } from '../support/service-process.js';
import { describeWhere } from '../support/servers.js';
import { useUndo } from '../support/undo.js';

/** The code blocks of the page, by language. */
async function readBlocks(language: string): Promise<string[]> {
  const page = await readFile(inRepository('docs/getting-started-modern.md'), 'utf8');
  return [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
    .filter(([, name]) => name === language)
    .map(([, , code]) => code!);
}

describe('docs/getting-started-modern.md', () => {
  const undo = useUndo();
  let folder: string;
  beforeAll(async () => {
    folder = await undo.makeFolder();
  });

  it('has a configuration that the two services start with', async () => {
    const file = join(folder, 'config.json');
    await writeFile(file, (await readBlocks('json'))[0]!, { mode: 0o600 });
    for (const service of ['tc-listener', 'reflector'] as const) {
      const { configuration, warnings } = loadConfiguration(service, {
        file,
        environment: {},
        directory: folder,
      });
      expect(warnings).toEqual([]);
      expect(configuration).toMatchObject({
        buildbot: { kind: 'modern', scheduler: 'bridge' },
        taskcluster: { provisionerId: 'example', workerType: 'buildbot' },
      });
    }
  });

  it('has a payload that is accepted', async () => {
    const payload: unknown = JSON.parse((await readBlocks('json'))[1]!);
    expect(readPayload(payload, MODERN_PAYLOAD_RULES)).toMatchObject({ valid: true });
  });

  describeWhere(isPossible('sqlite'))('with Buildbot', () => {
    it('has a master.cfg that Buildbot accepts', async () => {
      const [configuration] = await readBlocks('python');
      await writeFile(join(folder, 'master.cfg'), configuration!);
      await copyFile(inRepository('buildbot/bridge_scheduler.py'), join(folder, 'bridge_scheduler.py'));
      const env = { ...process.env, PYTHONPATH: folder };
      const check = promisify(execFile)('buildbot', ['checkconfig', 'master.cfg'], { cwd: folder, env });
      await expect(check).resolves.toMatchObject({
        stdout: expect.stringContaining('Config file is good!'),
      });
    });

    it('leads from nothing to the first task', async () => {
      const project = await compileProject();
      const taskcluster = await new TaskclusterSimulator({ tickEvery: 100 }).start();
      const [port, workerPort, http] = [await findFreePort(), await findFreePort(), await findFreePort()];
      const script = join(project, 'scripts', 'getting-started-modern.sh');
      const following = ServiceProcess.start([script, join(folder, 'new')], {
        env: {
          ...{ BUILDBOT_PORT: String(port), WORKER_PORT: String(workerPort), HTTP_PORT: String(http) },
          ...{ TASKCLUSTER_ROOT_URL: taskcluster.url, TASKCLUSTER_CLIENT_ID: 'buildbot-bridge' },
          TASKCLUSTER_ACCESS_TOKEN: 'sandbox-access-token',
        },
        port: http,
      });
      try {
        // The task queue is new to Taskcluster, which is a degraded state until the first task.
        await following.until('/health/ready', ({ status }) => status === 200, 200);
        const payload = JSON.parse((await readBlocks('json'))[1]!) as Record<string, unknown>;
        const taskId = taskcluster.createTask({
          provisionerId: 'example',
          workerType: 'buildbot',
          payload,
        });
        await eventually(() => expect(taskcluster.state.status(taskId).state).toBe('completed'), 60);
        expect(
          taskcluster
            .artifactsOf(taskId, 0)
            .map(({ name }) => name)
            .sort(),
        ).toEqual(['public/logs/live_backing.log', 'public/properties.json']);
      } finally {
        const code = await following.stop();
        await taskcluster.stop();
        expect({ code, output: following.stdout }).toMatchObject({ code: 0 });
      }
    });
  });
});
