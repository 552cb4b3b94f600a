#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const USAGE = `Usage: buildbot-bridge [-c FILE] [-v | -q] SERVICE
       buildbot-bridge [-c FILE] migrate [--down | --show]
       buildbot-bridge [-c FILE] messages list | replay ID | drop ID
       buildbot-bridge --version | --help

Services: tc-listener, bb-listener, reflector (also tclistener, bblistener)

  -c, --config FILE  the JSON file of the configuration; BBB_CONFIG otherwise
  -v, --verbose      log more
  -q, --quiet        log errors only
      --down         hand the database back as the Python bridge knows it
      --show         list migrations and whether they were made
`;

const EXIT_USAGE = 64;
const EXIT_CONFIGURATION = 78;

/** The names of the original bridge, and today's. */
const APPS = {
  tclistener: 'tc-listener',
  bblistener: 'bb-listener',
  'tc-listener': 'tc-listener',
  'bb-listener': 'bb-listener',
  reflector: 'reflector',
};

/** Errors that an operator can cure. */
const REFUSALS = new Set(['ConfigurationError', 'StartRefused', 'MigrationsPending', 'NotStrict', 'Invalid']);

class UsageError extends Error {}

/** The command line in parts; options may stand before or after the command. */
function understood(args) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        config: { type: 'string', short: 'c' },
        verbose: { type: 'boolean', short: 'v' },
        quiet: { type: 'boolean', short: 'q' },
        down: { type: 'boolean' },
        show: { type: 'boolean' },
        version: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError(error.message);
  }
}

/** Gives the process over to a service, which reads its options itself. */
async function startApp(app, options) {
  process.argv.splice(
    2,
    Infinity,
    ...(options.config === undefined ? [] : ['--config', options.config]),
    ...(options.verbose ? ['-v'] : []),
    ...(options.quiet ? ['-q'] : []),
  );
  await import(`../dist/apps/${app}/src/main.js`);
}

async function migrate(options) {
  if (options.down && options.show) throw new UsageError('migrate takes one of --down and --show');
  const { url, commands } = await database(options, note);
  await commands.runMigrate(url, options.down ? 'down' : options.show ? 'show' : 'up');
  return 0;
}

async function messages(action, id, options) {
  const takesId = action === 'replay' || action === 'drop';
  if (!takesId && action !== 'list') throw new UsageError('messages takes list, replay ID or drop ID');
  if (takesId !== (id !== undefined))
    throw new UsageError(`messages ${action} takes ${takesId ? 'an' : 'no'} ID`);
  if (takesId && !/^[1-9]\d{0,14}$/.test(id)) throw new UsageError('the ID of a message is a number');
  const { url, commands } = await database(options, () => undefined);
  return commands.runMessages(url, action, takesId ? Number(id) : undefined);
}

/** @param warn takes what a lib logs as a warning or worse */
async function database(options, warn) {
  const { databaseInsecurities, loadBridgeDbUrl } = await import('../dist/libs/configuration/src/index.js');
  const url = loadBridgeDbUrl({ file: options.config });
  for (const warning of databaseInsecurities(url, 'bbb_db'))
    process.stderr.write(`${warning}
`);
  const { Logger } = await import('@nestjs/common');
  Logger.overrideLogger({ log: () => undefined, warn, error: warn });
  return { url, commands: await import('../dist/libs/bridge-db/src/command-line.js') };
}

/** A line for a person: what the libs log as fields and a constant text, or as a text alone. */
function note(first, text) {
  if (typeof first === 'string') return process.stderr.write(`${first}\n`);
  const words = Object.entries(first).map(([name, value]) => `${name} ${value}`);
  return process.stderr.write(`${text} (${words.join(', ')})\n`);
}

function version() {
  return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;
}

/** @returns the exit code, or nothing where a service has taken the process over */
async function run(args) {
  const { values: options, positionals } = understood(args);
  const [command, ...rest] = positionals;
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (options.version) {
    process.stdout.write(`${version()}\n`);
    return 0;
  }
  if (options.verbose && options.quiet) throw new UsageError('a service takes one of --verbose and --quiet');
  if (command === undefined) throw new UsageError('no command is given');
  if (command !== 'migrate' && (options.down || options.show)) {
    throw new UsageError('--down and --show belong to migrate');
  }
  if (command === 'messages' && rest.length <= 2) return messages(rest[0], rest[1], options);
  if (rest.length > 0) throw new UsageError(`too much on the command line: ${rest.join(' ')}`);
  if (command === 'migrate') return migrate(options);
  if (!Object.hasOwn(APPS, command)) throw new UsageError(`there is no command ${command}`);
  await startApp(APPS[command], options);
  return undefined;
}

try {
  const code = await run(process.argv.slice(2));
  // Not process.exit(): what was written to a pipe must still arrive.
  if (code !== undefined) process.exitCode = code;
} catch (error) {
  const isUsage = error instanceof UsageError;
  const isConfiguration = REFUSALS.has(error.name);
  const message =
    error.name === 'Unavailable' ? `the bridge's database is not available: ${error.message}` : error.message;
  process.stderr.write(isUsage ? `${message}\n\n${USAGE}` : `${message}\n`);
  process.exitCode = isUsage ? EXIT_USAGE : isConfiguration ? EXIT_CONFIGURATION : 1;
}
