import { type Configuration, type LogLevel, type ServiceName } from './configuration.js';
import { ConfigurationError, type Problem } from './configuration-error.js';
import { findSharedDatabase } from './checks/contradictions.js';
import { findWarnings, findUnknownNames } from './checks/warnings.js';
import { describeSetting, findSetting, NAMED_SETTINGS } from './named-settings.js';
import { readSingleValue, readValues } from './read-values.js';
import { Sources, type SourceOptions } from './sources/sources.js';

export interface LoadOptions extends SourceOptions {
  /** The log level set by -v or -q; overrides every other source. */
  logLevel?: LogLevel;
}

export interface LoadedConfiguration {
  configuration: Configuration;
  /** Warnings for an operator; they do not keep the service from starting. */
  warnings: string[];
  /** The sources that are used, for a log: files, and the names of variables. */
  sources: string[];
}

/**
 * Computes the configuration of a service from its sources; each overrides the ones before it: defaults, the JSON file,
 * `.env`, the environment, files of secrets.
 *
 * @throws ConfigurationError with all problems
 */
export function loadConfiguration(service: ServiceName, options: LoadOptions = {}): LoadedConfiguration {
  const sources = new Sources(options);
  const { values, problems } = readValues(service, sources);
  if (options.logLevel) values.set('log.level', options.logLevel);
  // An unknown name may explain a problem: a setting may be missing because its name is misspelt.
  if (problems.length > 0) throw new ConfigurationError(problems, findUnknownNames(sources));
  const origins = readOrigins(service, sources);
  if (options.logLevel) origins['log.level'] = 'command line';
  return {
    configuration: assemble(service, values, origins),
    warnings: findWarnings(service, sources, values),
    sources: listSources(sources, origins),
  };
}

/**
 * Computes a single setting, for a command that needs only this one.
 *
 * @param path its place in the configuration, for example `bridgeDb.url`
 * @throws ConfigurationError when it is missing or invalid
 */
export function loadSetting(path: string, options: SourceOptions = {}): unknown {
  const problems: Problem[] = [];
  const value = readSingleValue(path, new Sources(options), problems);
  if (problems.length > 0) throw new ConfigurationError(problems);
  return value;
}

/**
 * The URL of the bridge database, for commands that need no other setting.
 *
 * @throws ConfigurationError also when the scheduler database is set to the same one
 */
export function loadBridgeDbUrl(options: SourceOptions = {}): string {
  const sources = new Sources(options);
  const problems: Problem[] = [];
  const url = readSingleValue('bridgeDb.url', sources, problems);
  const other = readSingleValue('schedulerDb.url', sources, []);
  const both = new Map([
    ['bridgeDb.url', url],
    ['schedulerDb.url', other],
  ]);
  problems.push(...findSharedDatabase(both, (path) => describeSetting(findSetting(path))));
  if (problems.length > 0) throw new ConfigurationError(problems);
  return url as string;
}

function readOrigins(service: ServiceName, sources: Sources): Record<string, string> {
  const found = NAMED_SETTINGS.flatMap((setting) => {
    const origin = sources.findOrigin(setting, service);
    return origin === undefined ? [] : [[setting.path, origin] as const];
  });
  return Object.fromEntries(found);
}

function listSources({ file, dotenv }: Sources, origins: Readonly<Record<string, string>>): string[] {
  const names = [...new Set(Object.values(origins))].filter((origin) =>
    /^[A-Z_0-9]+( in \.env)?$/.test(origin),
  );
  const inEnvironment = names.filter((name) => !name.endsWith(' in .env'));
  return [
    ...(file === undefined ? [] : [file]),
    ...(Object.keys(dotenv).length === 0 ? [] : ['.env']),
    ...(inEnvironment.length === 0 ? [] : [`environment: ${inEnvironment.join(', ')}`]),
  ];
}

function assemble(
  service: ServiceName,
  values: ReadonlyMap<string, unknown>,
  origins: Readonly<Record<string, string>>,
): Configuration {
  const result: Record<string, unknown> = { service, origins };
  for (const setting of NAMED_SETTINGS) {
    const value = values.get(setting.path) ?? (setting.requiredBy ? '' : undefined);
    const [section, name] = setting.path.split('.') as [string, string];
    const target = (result[section] ??= {}) as Record<string, unknown>;
    if (value !== undefined) target[name] = value;
  }
  const { interval, cron, ...reflector } = result.reflector as { interval: number; cron?: string };
  result.reflector = { ...reflector, schedule: cron === undefined ? { everySeconds: interval } : { cron } };
  return result as unknown as Configuration;
}
