import { type CommandSystems, withOperation } from '@bbb/composition';
import { loadConfiguration } from '@bbb/configuration';
import { Invalid } from '@bbb/rules';
import { printLibraryLogs } from './bridge-database.js';
import type { CommandContext } from './command-definition.js';

/**
 * Works with the outside systems of the services' configuration. No service has to run.
 *
 * @throws ConfigurationError when the configuration of the reflector cannot be used
 */
export function withSystems<T>(
  context: CommandContext,
  work: (systems: CommandSystems) => Promise<T>,
): Promise<T> {
  const { config } = context.globals;
  const { configuration, warnings } = loadConfiguration(
    'reflector',
    config === undefined ? {} : { file: config },
  );
  for (const warning of warnings) context.output.printNote(`warning: ${warning}`);
  printLibraryLogs(context);
  return withOperation(configuration, work);
}

/**
 * For commands that write: {@link withSystems}, on a database that has everything that this version needs.
 *
 * @throws Invalid when the database has to be migrated
 */
export function withMigratedSystems<T>(
  context: CommandContext,
  work: (systems: CommandSystems) => Promise<T>,
): Promise<T> {
  return withSystems(context, (systems) => {
    if (!systems.isMigrated)
      throw new Invalid('the bridge database has to be migrated first: run `buildbot-bridge migrate`');
    return work(systems);
  });
}
