import type { DynamicModule, INestApplication } from '@nestjs/common';
import {
  type Configuration,
  ConfigurationError,
  loadConfiguration,
  type LoadedConfiguration,
  type LoadOptions,
  type Problem,
  type ServiceName,
} from '@bbb/configuration';
import { type LoadedApplication, type ProcessHost, runService } from '@bbb/platform';
import type { Overrides } from './overrides.js';
import { createProcessSettings } from './process-settings.js';

/** One of the bridge's services. */
export interface BridgeService {
  name: ServiceName;
  createModule: (
    configuration: Configuration,
    overrides?: Overrides,
  ) => DynamicModule | Promise<DynamicModule>;
  /** Connects what only an application knows, such as its transport strategy. */
  configure?: (app: INestApplication) => Promise<void> | void;
}

/**
 * Runs services of the bridge in this process, from the command line to the exit code.
 *
 * @param services one, or several that share the process, its log (that of the first) and its end
 */
export async function runBridgeServices(
  services: readonly BridgeService[],
  host?: ProcessHost,
  overrides?: Overrides,
): Promise<void> {
  await runService((request) => {
    const loaded = loadAll(services, request);
    const [first, ...others] = spreadPorts(
      loaded.map(({ configuration }, index) => describe(services[index]!, configuration, overrides)),
    );
    const name = services.length === 1 ? first!.settings.service : 'all';
    return {
      ...first!,
      settings: { ...first!.settings, service: name },
      others,
      warnings: [...new Set(loaded.flatMap(({ warnings }) => warnings))],
      sources: loaded[0]!.sources,
    };
  }, host);
}

/** @throws ConfigurationError with the problems of all services */
function loadAll(services: readonly BridgeService[], request: LoadOptions): LoadedConfiguration[] {
  const problems = new Map<string, Problem>();
  const loaded: LoadedConfiguration[] = [];
  let failure: ConfigurationError | undefined;
  for (const { name } of services) {
    try {
      loaded.push(loadConfiguration(name, request));
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      failure ??= error;
      for (const problem of error.problems) problems.set(JSON.stringify(problem), problem);
    }
  }
  if (failure === undefined) return loaded;
  throw services.length === 1 ? failure : new ConfigurationError([...problems.values()]);
}

function describe(
  { createModule, configure }: BridgeService,
  configuration: Configuration,
  overrides: Overrides | undefined,
): LoadedApplication {
  return {
    settings: createProcessSettings(configuration),
    module: () => createModule(configuration, overrides),
    ...(configure ? { configure } : {}),
  };
}

/** One variable sets the port of every service: those that share a process take the ports after it. */
function spreadPorts(applications: readonly LoadedApplication[]): LoadedApplication[] {
  const taken = new Set<number>();
  return applications.map(({ settings, ...application }) => {
    let { port } = settings.http;
    while (port !== 0 && taken.has(port)) port++;
    taken.add(port);
    return { ...application, settings: { ...settings, http: { ...settings.http, port } } };
  });
}
