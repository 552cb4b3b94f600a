import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { migrateDatabase } from '@bbb/bridge-db';
import { record } from '../libs/commands/src/testing/recording-host.js';
import { SCENARIOS, type Scenario } from '../sandbox/mix.js';
import { findFreePort, type Services, startInProcess } from '../sandbox/services.js';
import { type Actor, hasArrived, play } from '../sandbox/story.js';
import { createDatabase, type TestDatabase } from './support/databases.js';
import { openSandboxedBridge, type SandboxedBridge } from './support/sandboxed-bridge.js';

const PILOT = 'Linux x86-64 oak one at a time';

/** An end of each kind, for builders of both installations. */
const KINDS = [
  'success',
  'failure',
  'retry, then success',
  'rerun by a user',
  'cancelled in Taskcluster during the build',
];
const MIX: Scenario[] = SCENARIOS.filter(({ name }) => KINDS.includes(name)).flatMap((scenario) => [
  scenario,
  { ...scenario, name: `${scenario.name}, on the canary`, builder: PILOT },
]);

/** The bridge of all builders but one, and a canary for that one, beside it in one Taskcluster and one Buildbot. */
describe('two bridges with complementary ignored_builders', () => {
  let main: SandboxedBridge;
  let canary: Services | undefined;
  let database: TestDatabase;
  let canaryFile: string;
  let actors: Actor[];

  beforeAll(async () => {
    main = await openSandboxedBridge({
      ...{ database: 'sqlite', services: 'in process', scenarios: MIX },
      settings: { ignored_builders: [`^${PILOT}$`] },
    });
    database = await createDatabase('sqlite');
    await migrateDatabase(database.url);
    const configuration = JSON.parse(await readFile(main.configFile, 'utf8')) as Record<string, object>;
    canaryFile = join(main.sandbox.options.folder, 'canary.json');
    const at = async (section: string) => ({ ...configuration[section], http_port: await findFreePort() });
    const changes = {
      bbb_db: database.url,
      pulse_queue_basename: `queue/${main.sandbox.id}-canary`,
      tc_worker_id: 'canary',
      ignored_builders: [`^(?!${PILOT}$)`],
      tclistener: await at('tclistener'),
      bblistener: await at('bblistener'),
      reflector: await at('reflector'),
    };
    await writeFile(canaryFile, JSON.stringify({ ...configuration, ...changes }), { mode: 0o600 });
    canary = await startInProcess(canaryFile, { connect: () => main.sandbox.options.broker.connect() });
    actors = await play(
      main.sandbox,
      MIX.map((scenario) => [scenario]),
      () => undefined,
      120,
    );
  }, 180_000);
  afterAll(async () => {
    await canary?.stop();
    await main?.close();
    await database?.drop();
  });

  it('bring every task to its end, with one build request for each run', () => {
    const wrong = actors.filter((actor) => !hasArrived(actor));
    expect(wrong.map(({ scenario, seen }) => [scenario.name, seen])).toEqual([]);
  });

  it('touch only tasks of their own builders', async () => {
    for (const { taskId, scenario } of actors) {
      const [own, other] =
        scenario.builder === PILOT ? [canaryFile, main.configFile] : [main.configFile, canaryFile];
      expect(await readEvents(own, taskId)).toContain('build request created');
      expect(await readEvents(other, taskId)).toEqual([]);
    }
  });
});

async function readEvents(configFile: string, taskId: string): Promise<string[]> {
  const { stdout, stderr } = await record('-c', configFile, 'explain', taskId, '--json');
  if (stdout === '') throw new Error(stderr);
  return (JSON.parse(stdout) as { journal: { event: string }[] }).journal.map(({ event }) => event);
}
