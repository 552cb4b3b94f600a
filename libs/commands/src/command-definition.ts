import type { Argument, Option } from 'commander';
import type { CommandHost } from './command-host.js';
import type { Output } from './output/output.js';

/** Options that every command takes. */
export interface GlobalOptions {
  /** The JSON file of the configuration. */
  config?: string;
  verbose?: boolean;
  quiet?: boolean;
}

/** The inputs and outputs of a command. */
export interface CommandContext {
  output: Output;
  globals: GlobalOptions;
  host: CommandHost;
}

/** One command as data; help, completion and parsing are derived from it. */
export interface CommandDefinition<Options extends object = object> {
  name: string;
  /** A second name, for example the original bridge's. */
  alias?: string;
  /** One line of the list of commands. */
  summary: string;
  /** Further sentences of the command's own help. */
  details?: string;
  arguments?: readonly Argument[];
  options?: readonly Option[];
  /** Command lines for the help, without the program's name. */
  examples: readonly string[];
  /** Commands of a group; a group does nothing itself. */
  commands?: readonly CommandDefinition[];
  /**
   * @param args all arguments, in their order
   * @returns the exit code; undefined when a service now runs in this process
   * @throws UsageError when options and arguments contradict each other
   */
  run?(context: CommandContext, options: Options, args: readonly string[]): Promise<number | undefined>;
}
