import { Command, Option } from 'commander';
import type { CommandContext, CommandDefinition, GlobalOptions } from '../command-definition.js';
import type { CommandHost } from '../command-host.js';
import { UsageError } from '../exit-codes.js';
import { Output } from '../output/output.js';
import { readPackageVersion } from './package-version.js';

const NAME = 'buildbot-bridge';

const EXIT_CODES = `
Exit codes:
  0   done, or everything is well
  1   failed, nothing found, or something is not well
  64  wrong command line
  78  wrong configuration, or a database that has to be migrated first

The configuration is that of the services: -c FILE or BBB_CONFIG, .env, and the environment.
"buildbot-bridge help COMMAND" shows options and examples of a command.`;

/** Receives the exit code of the command that ran. */
type Finish = (code: number | undefined) => void;

/** The whole command line as commander's tree of commands. */
export function createProgram(
  definitions: readonly CommandDefinition[],
  host: CommandHost,
  finish: Finish,
): Command {
  const program = new Command(NAME)
    .description('Schedule jobs in Taskcluster, run them in Buildbot.')
    .usage('[options] COMMAND')
    .version(readPackageVersion(), '--version', 'print the version')
    .addOption(new Option('-c, --config <FILE>', 'JSON file of the configuration (default: BBB_CONFIG)'))
    .addOption(new Option('-v, --verbose', 'log more').conflicts('quiet'))
    .addOption(new Option('-q, --quiet', 'log errors only'))
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [COMMAND]', 'print help of a command')
    .addHelpText('after', EXIT_CODES);
  addCommands(program, definitions, host, finish);
  return program;
}

function addCommands(
  parent: Command,
  definitions: readonly CommandDefinition[],
  host: CommandHost,
  finish: Finish,
): void {
  const isolate = (command: Command) =>
    command
      .exitOverride()
      .configureOutput({
        writeOut: (text) => host.stdout.write(text),
        // Errors are thrown, and printed in one place.
        writeErr: () => undefined,
        getOutHasColors: () => false,
      })
      // Checked below, where the message can name the argument.
      .allowExcessArguments();
  isolate(parent);
  for (const definition of definitions) {
    const command = isolate(parent.createCommand(definition.name))
      .summary(definition.summary)
      .description([`${definition.summary}.`, definition.details].filter(Boolean).join('\n\n'))
      .helpOption('-h, --help', 'print help');
    if (definition.alias) command.alias(definition.alias);
    for (const argument of definition.arguments ?? []) command.addArgument(argument);
    for (const option of definition.options ?? []) command.addOption(option);
    command.addHelpText('after', formatExamples(definition));
    parent.addCommand(command);
    if (definition.commands) addCommands(command, definition.commands, host, finish);
    else command.action(async () => finish(await run(definition, command, host)));
  }
  parent.action(() => {
    const [name] = parent.args;
    throw new UsageError(name === undefined ? 'missing command' : `unknown command: ${name}`);
  });
}

async function run(
  definition: CommandDefinition,
  command: Command,
  host: CommandHost,
): Promise<number | undefined> {
  const expected = command.registeredArguments;
  const isVariadic = expected.at(-1)?.variadic === true;
  const excess = isVariadic ? [] : command.args.slice(expected.length);
  if (excess.length > 0) throw new UsageError(`unexpected argument: ${excess.join(' ')}`);
  const { config, verbose, quiet } = command.optsWithGlobals<GlobalOptions>();
  const context: CommandContext = {
    output: new Output(host),
    globals: {
      ...(config === undefined ? {} : { config }),
      ...(verbose ? { verbose } : {}),
      ...(quiet ? { quiet } : {}),
    },
    host,
  };
  return definition.run?.(context, command.opts(), command.args);
}

function formatExamples({ examples }: CommandDefinition): string {
  return `\nExamples:\n${examples.map((example) => `  ${NAME} ${example}`).join('\n')}`;
}
