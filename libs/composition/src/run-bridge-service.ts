import type { DynamicModule, INestApplication } from '@nestjs/common';
import { type Configuration, loadConfiguration, type ServiceName } from '@bbb/configuration';
import { type ProcessHost, runService } from '@bbb/platform';
import { createProcessSettings } from './process-settings.js';

/**
 * Runs one of the bridge's services, from the command line to the exit code of its process.
 *
 * @param configure connects what only an application knows, such as its transport strategy
 */
export async function runBridgeService(
  name: ServiceName,
  moduleOf: (configuration: Configuration) => DynamicModule | Promise<DynamicModule>,
  configure?: (app: INestApplication) => Promise<void> | void,
  host?: ProcessHost,
): Promise<void> {
  await runService((request) => {
    const { configuration, warnings, sources } = loadConfiguration(name, request);
    return {
      settings: createProcessSettings(configuration),
      warnings,
      sources,
      module: () => moduleOf(configuration),
      ...(configure ? { configure } : {}),
    };
  }, host);
}
