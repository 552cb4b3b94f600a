import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TaskExplanation } from '@bbb/operation';
import { connect, makeOriginal, tableNames } from '../libs/bridge-db/src/testing/original.js';
import { record } from '../libs/commands/src/testing/recording-host.js';
import { openBroker } from '../sandbox/broker.js';
import { createTask, type Scenario } from '../sandbox/mix.js';
import { Sandbox } from '../sandbox/sandbox.js';
import { createDatabase, describeDatabases } from './support/databases.js';

const WAITING: Scenario = {
  name: 'waits',
  builder: 'Linux x86-64 oak idle',
  taskcluster: 'pending',
  buildbot: 'no request',
};

describeDatabases("commands on the Python bridge's database, on %s", (kind) => {
  const undo: (() => unknown)[] = [];
  let sandbox: Sandbox;
  let file: string;
  let bridgeDb: string;

  beforeEach(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bbb-test-before-'));
    undo.push(() => rm(folder, { recursive: true, force: true }));
    const [scheduler, bridge] = [await createDatabase(kind), await createDatabase(kind)];
    undo.push(
      () => scheduler.drop(),
      () => bridge.drop(),
    );
    bridgeDb = bridge.url;
    sandbox = await Sandbox.start({
      ...{ folder, seed: 1, schema: 6, schedulerDb: scheduler.url, bridgeDb },
      broker: openBroker(undefined),
      scenarios: [WAITING],
    });
    undo.push(() => sandbox.stop());
    file = await sandbox.writeConfiguration({ tclistener: 0, bblistener: 0, reflector: 0 });
  });
  afterEach(async () => {
    for (const step of undo.splice(0).reverse()) await step();
  });

  const ask = (...args: string[]) => record('-c', file, ...args);

  async function runOnDatabase<T>(
    work: (source: Awaited<ReturnType<typeof connect>>) => Promise<T>,
  ): Promise<T> {
    const source = await connect(bridgeDb);
    try {
      return await work(source);
    } finally {
      await source.destroy();
    }
  }

  it.each(['until-1.6.2', 'from-1.6.3'] as const)(
    'explain, tasks and pass read it as it is (%s)',
    async (layout) => {
      const [tracked, untracked] = [0, 1].map((group) =>
        sandbox.taskcluster.createTask(createTask(WAITING, group, Date.now() / 1000)),
      );
      await runOnDatabase((source) => makeOriginal(source, layout, [[4711, tracked!, 0, 10, 20, null]]));

      const { stdout } = await ask('explain', tracked!, '--json');
      expect(JSON.parse(stdout) as TaskExplanation).toMatchObject({
        row: { taskId: tracked, runId: 0, buildRequestId: 4711, rev: 0 },
        task: { state: 'pending' },
        request: null,
        decision: { verdict: 'note-missing', cause: 'the build request is missing from Buildbot' },
        wait: { for: 'grace' },
        journal: [],
        problems: [],
      });
      expect(await ask('tasks')).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(new RegExp(`\\n${tracked} .* grace +note-missing .*\\n1 task\\n$`)),
      });
      const plan = JSON.parse((await ask('pass', '--dry-run', '--json')).stdout) as { verdicts: object };
      expect(plan).toMatchObject({
        verdicts: { 'note-missing': 1, 'create-request': 1 },
        tasks: [{ taskId: tracked }, { taskId: untracked, step: 'pending', verdict: 'create-request' }],
      });
      for (const command of [['sync', tracked!], ['pause'], ['resume'], ['instances']])
        expect(await ask(...command)).toMatchObject({
          code: 78,
          stdout: '',
          stderr: expect.stringMatching(/run `buildbot-bridge migrate`/),
        });
      expect(await runOnDatabase((source) => tableNames(source))).toEqual(['tasks']);
    },
  );
});
