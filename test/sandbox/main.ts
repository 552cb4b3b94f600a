import 'reflect-metadata';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runMigrate } from '@bbb/bridge-db';
import { brokerAt } from './broker.js';
import { freshDatabases } from './fresh-databases.js';
import { readOptions, type ShowOptions, USAGE } from './options.js';
import { Progress } from './progress.js';
import { freePort, type Services, startInProcess, startProcesses } from './services.js';
import { cast, play } from './story.js';
import { World } from './world.js';

/** Shows the bridge at work. Exit code 0: every task came to its right end on both sides. */
async function show(options: ShowOptions): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'buildbot-bridge-'));
  const databases = await freshDatabases(options, folder);
  const broker = brokerAt(options.pulse);
  const world = await World.start({
    ...databases,
    folder,
    broker,
    seed: options.seed,
    schema: options.schema,
  });
  let services: Services | undefined;
  try {
    const ports = { tclistener: await freePort(), bblistener: await freePort(), reflector: await freePort() };
    const configFile = await world.writeConfiguration(ports);
    if (!databases.bridgeDb.startsWith('sqlite')) await runMigrate(databases.bridgeDb, 'up');
    services = broker.isInProcess
      ? await startInProcess(configFile, { connect: () => broker.connect() })
      : await startProcesses(configFile, ports);
    process.stdout.write(`Logs and configuration are in ${folder}\n`);

    const progress = new Progress(process.stdout);
    const actors = await play(world, cast(options.tasks, options.seed), progress.show, options.patience);
    const wrong = progress.summary(actors);
    const left = { ...(await world.rowsLeft()), queued: await world.messagesLeft() };
    process.stdout.write(
      `Left in the bridge: ${left.tasks} rows, ${left.messages} kept messages, ${left.queued} queued.\n`,
    );
    if (options.keep) await untilStopped(services);
    await services.stop();
    services = undefined;
    const isClean = wrong === 0 && left.tasks === 0 && left.messages === 0 && left.queued === 0;
    if (isClean) await rm(folder, { recursive: true, force: true });
    return isClean ? 0 : 1;
  } finally {
    await services?.stop().catch(() => undefined);
    await world.stop();
    await databases.drop();
  }
}

async function untilStopped({ health }: Services): Promise<void> {
  process.stdout.write('\nThe bridge stays up; press Ctrl+C to stop it.\n');
  for (const [name, url] of Object.entries(health))
    process.stdout.write(`  ${name.padEnd(12)} ${url}/health/ready\n`);
  const forever = setInterval(() => undefined, 60_000);
  await new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
  clearInterval(forever);
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') process.stdout.write(USAGE);
  else process.exitCode = await show(options);
} catch (error) {
  if (!(error instanceof TypeError)) throw error;
  process.stderr.write(`${error.message}\n\n${USAGE}`);
  process.exitCode = 64;
}
