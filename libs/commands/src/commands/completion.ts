import { Argument } from 'commander';
import type { CommandDefinition } from '../command-definition.js';
import { EXIT_DONE } from '../exit-codes.js';
import { createBashCompletion } from '../program/bash-completion.js';
import { createProgram } from '../program/create-program.js';
import { loadCommands } from '../program/registry.js';

export const completion: CommandDefinition = {
  name: 'completion',
  summary: 'Print a completion script for the shell',
  arguments: [new Argument('<shell>', 'the shell').choices(['bash'])],
  examples: [
    'completion bash > /etc/bash_completion.d/buildbot-bridge',
    'completion bash > ~/.local/share/bash-completion/completions/buildbot-bridge',
  ],
  async run({ output, host }) {
    const program = createProgram(await loadCommands(['completion']), host, () => undefined);
    output.printLine(createBashCompletion(program));
    return EXIT_DONE;
  },
};
