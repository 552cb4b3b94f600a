import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { TaskExplanation } from '@bbb/operation';
import { connect, makeOriginal, tableNames } from '../libs/bridge-db/src/testing/original.js';
import { record } from '../libs/commands/src/testing/recording-host.js';
import { createTask, type Scenario } from '../sandbox/mix.js';
import type { Sandbox } from '../sandbox/sandbox.js';
import { describeDatabases } from './support/databases.js';
import { openSandbox } from './support/open-sandbox.js';
import { useUndo } from './support/undo.js';

const WAITING: Scenario = {
  name: 'waits',
  builder: 'Linux x86-64 oak idle',
  taskcluster: 'pending',
  buildbot: 'no request',
};

describeDatabases("commands on the Python bridge's database, on %s", (kind) => {
  const undo = useUndo(afterEach);
  let sandbox: Sandbox;
  let file: string;

  beforeEach(async () => {
    sandbox = await openSandbox(undo, kind, { scenarios: [WAITING] });
    file = await sandbox.writeConfiguration({ tclistener: 0, bblistener: 0, reflector: 0 });
  });

  const ask = (...args: string[]) => record('-c', file, ...args);

  async function runOnDatabase<T>(
    work: (source: Awaited<ReturnType<typeof connect>>) => Promise<T>,
  ): Promise<T> {
    const source = await connect(sandbox.options.bridgeDb);
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
