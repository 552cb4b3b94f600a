import type { CommandDefinition } from '../command-definition.js';
import type { ServiceName } from '../command-host.js';

/** The services, by their current names and those of the original bridge. */
export const services: readonly CommandDefinition[] = [
  defineService('tc-listener', 'Run the service that consumes Taskcluster messages', 'tclistener'),
  defineService('bb-listener', 'Run the service that consumes Buildbot messages', 'bblistener'),
  defineService('reflector', 'Run the service that keeps claims alive and repairs what messages missed'),
  defineService('all', 'Run the three services in one process, for small installations and trials'),
];

function defineService(name: ServiceName, summary: string, alias?: string): CommandDefinition {
  return {
    name,
    ...(alias === undefined ? {} : { alias }),
    summary,
    examples: [`-c config.json ${name}`, `-v ${alias ?? name}`],
    async run({ host, globals }) {
      await host.startService(name, [
        ...(globals.config === undefined ? [] : ['--config', globals.config]),
        ...(globals.verbose ? ['-v'] : []),
        ...(globals.quiet ? ['-q'] : []),
      ]);
      return undefined;
    },
  };
}
