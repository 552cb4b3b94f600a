import 'reflect-metadata';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrateDatabase } from '@bbb/bridge-db';
import { optionsGiven } from '../test/support/command-line.js';
import { type Broker, brokerAt } from './broker.js';
import { type Databases, freshDatabases } from './fresh-databases.js';
import { readOptions, type ShowOptions, USAGE } from './options.js';
import { Progress } from './progress.js';
import { freePort, type Services, startInProcess, startProcesses } from './services.js';
import { cast, play } from './story.js';
import { Sandbox } from './sandbox.js';

/** A server that an option names cannot be used; the message says which and why. */
class Unusable extends Error {}

/** After Ctrl+C, as a shell has it. */
const EXIT_INTERRUPTED = 130;

/** Shows the bridge at work. Exit code 0: every task came to its right end on both sides. */
async function show(options: ShowOptions, stopping: AbortSignal): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'buildbot-bridge-'));
  const undo: (() => Promise<unknown>)[] = [];
  let keepFolder = false;
  try {
    const broker = brokerAt(options.pulse);
    if (!broker.isInProcess) await usable('--pulse', async () => (await broker.connect()).close());
    const databases = await usable('--database-server', () => freshDatabases(options, folder));
    undo.push(() => databases.drop());
    const sandbox = await usable(options.schedulerDb ? '--scheduler-db or --bridge-db' : 'this sandbox', () =>
      Sandbox.start({ ...databases, folder, broker, seed: options.seed, schema: options.schema }),
    );
    undo.push(() => sandbox.stop());
    const scenarios = cast(options.tasks, options.seed);
    process.stdout.write(introduction(options, scenarios.flat().length, databases, folder));

    const services = await started(sandbox, databases, broker);
    undo.push(() => services.stop());
    const progress = new Progress(process.stdout, scenarios.flat());
    const begun = Date.now();
    const actors = await play(sandbox, scenarios, progress.show, options.patience, stopping);
    if (stopping.aborted) {
      progress.erase();
      process.stdout.write('Stopped before the end.\n');
      return EXIT_INTERRUPTED;
    }
    const wrong = progress.summary(actors, (Date.now() - begun) / 1000);
    const left = { ...(await sandbox.rowsLeft()), queued: await sandbox.messagesLeft() };
    const isClean = wrong === 0 && left.tasks === 0 && left.messages === 0 && left.queued === 0;
    keepFolder = !isClean;
    process.stdout.write(
      `Left in the bridge: ${left.tasks} rows, ${left.messages} kept messages, ${left.queued} queued.\n`,
    );
    if (options.keep) await untilStopped(services, folder, stopping);
    else if (isClean) process.stdout.write('\nOther mixes, other servers: npm start -- --help\n');
    if (keepFolder) process.stdout.write(`Logs and configuration are kept in ${folder}\n`);

    undo.pop();
    await services.stop();
    return isClean ? 0 : 1;
  } catch (error) {
    if (stopping.aborted) return EXIT_INTERRUPTED;
    keepFolder = !(error instanceof Unusable);
    throw error;
  } finally {
    for (const step of undo.reverse()) await step().catch(() => undefined);
    if (!keepFolder) await rm(folder, { recursive: true, force: true });
  }
}

async function started(sandbox: Sandbox, databases: Databases, broker: Broker): Promise<Services> {
  const ports = { tclistener: await freePort(), bblistener: await freePort(), reflector: await freePort() };
  const configFile = await sandbox.writeConfiguration(ports);
  if (!databases.bridgeDb.startsWith('sqlite')) await migrateDatabase(databases.bridgeDb);
  return broker.isInProcess
    ? startInProcess(configFile, { connect: () => broker.connect() })
    : startProcesses(configFile, ports);
}

/** Drivers tell no passwords; URLs do, so none is repeated. */
async function usable<T>(what: string, attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    throw new Unusable(`${what} cannot be used: ${message || code}`, { cause: error });
  }
}

function introduction(options: ShowOptions, tasks: number, databases: Databases, folder: string): string {
  const kinds: Record<string, string> = { sqlite: 'SQLite files', mysql: 'MySQL or MariaDB' };
  const kind = kinds[/^[a-z]+/.exec(databases.bridgeDb)?.[0] ?? ''] ?? 'PostgreSQL';
  const version = options.schema === 6 ? '0.8.2' : '0.8.14';
  const isReal = options.pulse !== undefined;
  const lines = [
    [
      'services',
      `tc-listener, bb-listener, reflector, in ${isReal ? 'processes of their own' : 'this process'}`,
    ],
    ['simulated', `Taskcluster, Buildbot ${version}, Self Serve${isReal ? '' : ', RabbitMQ'}`],
    ['databases', `${kind}`],
    ['logs', `${folder} (removed when all goes well)`],
  ];
  return [
    `Buildbot Bridge at work on ${tasks} tasks, seed ${options.seed}`,
    '',
    ...lines.map(([name, value]) => `  ${name!.padEnd(10)} ${value}`),
    '',
    '',
  ].join('\n');
}

async function untilStopped({ health }: Services, folder: string, stopping: AbortSignal): Promise<void> {
  const lines = Object.entries(health).map(([name, url]) => `  ${name.padEnd(12)} ${url}/health/ready`);
  process.stdout.write(
    `\nThe bridge stays up; press Ctrl+C to stop it.\n${lines.join('\n')}\n  and there /health/live and /metrics; configuration ${join(folder, 'config.json')}\n`,
  );
  const forever = setInterval(() => undefined, 60_000);
  if (!stopping.aborted)
    await new Promise<void>((resolve) => stopping.addEventListener('abort', () => resolve()));
  clearInterval(forever);
}

const options = optionsGiven(readOptions, USAGE);
if (options) {
  // What was made on servers is taken away first; a second signal ends at once.
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
  try {
    process.exitCode = await show(options, stopping.signal);
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
    process.stderr.write(`${error.message}\n`);
    // A sandbox that could not be finished may have connections that would keep the process.
    process.exit(1);
  }
}
