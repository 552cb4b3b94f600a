import 'reflect-metadata';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOptionsGiven } from '../test/support/command-line.js';
import { openBroker } from './broker.js';
import { type Databases, createFreshDatabases } from './fresh-databases.js';
import { listScenarios, readOptions, type ShowOptions, USAGE } from './options.js';
import { Progress } from './progress.js';
import type { Services } from './services.js';
import { type Actor, cast, play } from './story.js';
import { ModernSandbox, SANDBOX_PASSWORD } from './modern-sandbox.js';
import { Sandbox, type SandboxOptions } from './sandbox.js';
import { Bridge, WrongPlay } from './wrong/index.js';
import type { CommonSandbox, CommonSandboxOptions } from './common-sandbox.js';

/** A server named by an option cannot be used; the message says which and why. */
class Unusable extends Error {}

/** A shell's exit code after Ctrl+C. */
const EXIT_INTERRUPTED = 130;

/** Runs the demonstration. Exit code 0: every task ended as expected on both sides. */
async function show(options: ShowOptions, stopping: AbortSignal): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'buildbot-bridge-'));
  const undo: (() => Promise<unknown>)[] = [];
  let keepFolder = false;
  try {
    const broker = openBroker(options.pulse);
    if (!broker.isInProcess) await requireUsable('--pulse', async () => (await broker.connect()).close());
    const databases = await requireUsable('--database-server', () => createFreshDatabases(options, folder));
    undo.push(() => databases.drop());
    const wrongPlay = options.wrong && new WrongPlay(options.wrong, (line) => progress.printLine(line));
    const mix = listScenarios(options);
    const common = { ...databases, folder, broker, scenarios: mix };
    const sandbox = await startWorld(options, { ...common, ...wrongPlay?.sandboxOptions });
    undo.push(() => sandbox.stop());
    const scenarios = wrongPlay?.groups ?? cast(options.tasks, options.seed, mix);
    process.stdout.write(introduce(options, scenarios.flat().length, databases, folder));

    const bridge = await Bridge.start(sandbox);
    undo.push(() => bridge.stop());
    if (options.keep) process.stdout.write(`The page for operators: ${bridge.health.reflector}/\n\n`);
    const progress = new Progress(process.stdout, scenarios.flat());
    const show = (actors: readonly Actor[], seconds: number) => {
      wrongPlay?.see(actors);
      progress.show(actors, seconds);
    };
    const begun = Date.now();
    const [actors] = await Promise.all([
      play(sandbox, scenarios, show, options.patience, stopping),
      sandbox instanceof Sandbox && wrongPlay?.run({ sandbox, bridge, databases }, stopping),
    ]);
    if (stopping.aborted) {
      progress.erase();
      process.stdout.write('Stopped before all tasks had ended.\n');
      return EXIT_INTERRUPTED;
    }
    const wrong = progress.printSummary(actors, (Date.now() - begun) / 1000);
    const left = { ...(await sandbox.countRowsLeft()), queued: await sandbox.countMessagesLeft() };
    const problems = wrongPlay?.findProblems(sandbox.taskcluster) ?? [];
    for (const problem of problems) process.stdout.write(`PROBLEM ${problem}\n`);
    const isClean =
      wrong + problems.length === 0 && left.tasks === 0 && left.messages === 0 && left.queued === 0;
    keepFolder = !isClean;
    process.stdout.write(
      `Left in the bridge: ${left.tasks} tracked tasks, ${left.messages} kept messages, ${left.queued} messages in its queues.\n`,
    );
    if (options.keep) await waitUntilStopped(bridge, sandbox.taskcluster.url, folder, stopping);
    else if (isClean) process.stdout.write('\nOptions (more tasks, real servers): npm start -- --help\n');
    if (keepFolder) process.stdout.write(`Logs and configuration: ${folder}\n`);

    await bridge.stop();
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

function startWorld(
  options: ShowOptions,
  common: Databases & Pick<CommonSandboxOptions, 'folder' | 'broker' | 'scenarios'> & Partial<SandboxOptions>,
): Promise<CommonSandbox> {
  const { seed, schema, buildbot, buildbotUrl: url } = options;
  if (buildbot === 'legacy')
    return requireUsable(options.schedulerDb ? '--scheduler-db or --bridge-db' : 'this sandbox', () =>
      Sandbox.start({ ...common, seed, schema }),
    );
  const { buildbotUser: user, buildbotScheduler: scheduler, buildbotPasswordFile: file } = options;
  return requireUsable(url ? '--buildbot-url' : 'this sandbox', async () => {
    const password = file ? (await readFile(file, 'utf8')).trim() : SANDBOX_PASSWORD;
    const master = url ? { url, account: { user, password }, scheduler } : undefined;
    return ModernSandbox.start({ ...common, seed, ...(master ? { master } : {}) });
  });
}

/** Messages of drivers hold no passwords; URLs do, so none is repeated. */
async function requireUsable<T>(what: string, attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    throw new Unusable(`${what} cannot be used: ${message || code}`, { cause: error });
  }
}

function introduce(options: ShowOptions, tasks: number, databases: Databases, folder: string): string {
  const kinds: Record<string, string> = { sqlite: 'SQLite files', mysql: 'MySQL or MariaDB' };
  const kind = kinds[/^[a-z]+/.exec(databases.bridgeDb)?.[0] ?? ''] ?? 'PostgreSQL';
  const version = options.schema === 6 ? '0.8.2' : '0.8.14';
  const simulated = {
    legacy: `, Buildbot ${version}, Self Serve`,
    modern: options.buildbotUrl ? '' : ', Buildbot 3.7',
  }[options.buildbot];
  const isReal = options.pulse !== undefined;
  const lines = [
    [
      'services',
      `tc-listener, bb-listener and reflector, ${isReal ? 'each in its own process' : 'in this process'}`,
    ],
    ['simulated', `Taskcluster${simulated}${isReal ? '' : ', RabbitMQ'}`],
    ...(options.buildbotUrl ? [['Buildbot', options.buildbotUrl]] : []),
    ['databases', `${kind}`],
    ['logs', `${folder} (deleted after success)`],
  ];
  return [
    `Buildbot Bridge, demonstrated with ${tasks} tasks (seed ${options.seed})`,
    '',
    ...lines.map(([name, value]) => `  ${name!.padEnd(10)} ${value}`),
    '',
    '',
  ].join('\n');
}

async function waitUntilStopped(
  { health }: Pick<Services, 'health'>,
  rootUrl: string,
  folder: string,
  stopping: AbortSignal,
): Promise<void> {
  const lines = Object.entries(health).map(([name, url]) => `  ${name.padEnd(12)} ${url}/health/ready`);
  process.stdout.write(
    `\nThe bridge keeps running; press Ctrl+C to stop it.\n\n  The page for operators: ${health.reflector}/\n  A task of your own:     npm run --silent task -- ${rootUrl}\n\n${lines.join('\n')}\nEach service also answers /health/live and /metrics. Configuration: ${join(folder, 'config.json')}\n`,
  );
  const forever = setInterval(() => undefined, 60_000);
  if (!stopping.aborted)
    await new Promise<void>((resolve) => stopping.addEventListener('abort', () => resolve()));
  clearInterval(forever);
}

const options = readOptionsGiven(readOptions, USAGE);
if (options) {
  // What was created on servers is removed first; a second signal ends the process at once.
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
  try {
    process.exitCode = await show(options, stopping.signal);
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
    process.stderr.write(`${error.message}\n`);
    // Connections of a sandbox that failed to start would keep the process alive.
    process.exit(1);
  }
}
