import type { CommandDefinition } from '../command-definition.js';
import { completion } from '../commands/completion.js';
import { services } from '../commands/services.js';

/**
 * A command whose file is loaded only when the command line names it: database libraries take a second to load, and
 * `--version` and `--help` do not need them.
 */
export interface LazyCommand {
  name: string;
  summary: string;
  load(): Promise<CommandDefinition>;
}

const LAZY: readonly LazyCommand[] = [
  {
    name: 'check',
    summary: 'Check the configuration and every outside system',
    load: async () => (await import('../commands/check.js')).check,
  },
  {
    name: 'explain',
    summary: 'Explain where a task is, what it waits for, and what was decided before',
    load: async () => (await import('../commands/operation/explain.js')).explain,
  },
  {
    name: 'tasks',
    summary: 'List the tracked tasks and what each waits for',
    load: async () => (await import('../commands/operation/tasks.js')).tasks,
  },
  {
    name: 'instances',
    summary: 'List the running processes of the services, and how they are',
    load: async () => (await import('../commands/operation/instances.js')).instances,
  },
  {
    name: 'pause',
    summary: 'Create no more build requests, for example while Buildbot is under maintenance',
    load: async () => (await import('../commands/operation/pause.js')).pause,
  },
  {
    name: 'resume',
    summary: 'Create build requests again for paused builders',
    load: async () => (await import('../commands/operation/resume.js')).resume,
  },
  {
    name: 'pauses',
    summary: 'List the paused builders',
    load: async () => (await import('../commands/operation/pauses.js')).pauses,
  },
  {
    name: 'pass',
    summary: 'Show what a pass of the reflector would do',
    load: async () => (await import('../commands/operation/pass.js')).pass,
  },
  {
    name: 'sync',
    summary: 'Do for one task now what the next pass would do',
    load: async () => (await import('../commands/operation/sync.js')).sync,
  },
  {
    name: 'config',
    summary: 'Print the configuration that is in force, without secrets',
    load: async () => (await import('../commands/config.js')).config,
  },
  {
    name: 'migrate',
    summary: 'Migrate the bridge database',
    load: async () => (await import('../commands/migrate.js')).migrate,
  },
  {
    name: 'messages',
    summary: 'List, show, replay or delete kept messages',
    load: async () => (await import('../commands/messages/messages.js')).messages,
  },
  {
    name: 'missing',
    summary: 'Show or confirm that many tracked tasks are missing',
    load: async () => (await import('../commands/missing/missing.js')).missing,
  },
];

/** All commands; only those that the command line may name are loaded in full. `completion` needs all of them. */
export async function loadCommands(args: readonly string[]): Promise<CommandDefinition[]> {
  const isNamed = ({ name }: LazyCommand) => args.includes(name) || args.includes(completion.name);
  const lazy: CommandDefinition[] = [];
  for (const command of LAZY) {
    const { name, summary } = command;
    lazy.push(
      isNamed(command) ? { ...(await command.load()), name, summary } : { name, summary, examples: [] },
    );
  }
  return [...services, ...lazy, completion];
}
