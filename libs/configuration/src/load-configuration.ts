import { SERVICE_NAMES, type Configuration, type LogLevel, type ServiceName } from './configuration.js';
import { ConfigurationError, type Problem } from './configuration-error.js';
import { insecurities, refusedVariables } from './insecurities.js';
import { unknownKeys } from './sources/json-file.js';
import { keysFor, namedSettings, type DefaultContext, type NamedSetting } from './setting.js';
import { SETTINGS } from './settings/index.js';
import { Sources, type SourceOptions } from './sources/sources.js';

export interface LoadOptions extends SourceOptions {
  /** Stronger than every other source: what -v and -q ask for. */
  logLevel?: LogLevel;
}

export interface LoadedConfiguration {
  configuration: Configuration;
  /** What an operator should know, although it keeps nothing from working. */
  warnings: string[];
  /**
   * Where the value of a setting comes from, for example `BBB_PULSE_HOST in .env`, or `default`.
   *
   * @param path of the setting, for example `pulse.host`
   */
  sourceOf(path: string): string;
}

const NAMED = namedSettings(SETTINGS);

/** What other defaults are worked out from. */
const FIRST = ['pulse.tls', 'shutdown.grace'];
const USUAL: Omit<DefaultContext, 'service'> = { tls: true, grace: 25 };

/**
 * Computes the configuration of a service from its sources, in rising order: defaults, the JSON file, `.env`, the
 * environment, files of secrets.
 *
 * @throws ConfigurationError with everything that is wrong
 */
export function loadConfiguration(service: ServiceName, options: LoadOptions = {}): LoadedConfiguration {
  const sources = new Sources(options);
  const problems: Problem[] = [];
  const values = new Map<string, unknown>();
  const context: DefaultContext = { service, ...USUAL };
  for (const setting of inOrder(NAMED)) {
    const value = valueOf(setting, sources, context, problems);
    if (setting.path === 'pulse.tls') context.tls = value !== false;
    if (setting.path === 'shutdown.grace' && typeof value === 'number') context.grace = value;
    values.set(setting.path, value);
  }
  if (options.logLevel) values.set('log.level', options.logLevel);
  problems.push(...contradictions(values), ...refusedVariables(sources.environment));
  // A name that is unknown may be what a problem is about: a setting that is missing because its name is misspelt.
  if (problems.length > 0) throw new ConfigurationError(problems, unknownNames(sources));
  return {
    configuration: assemble(service, values),
    warnings: warningsOf(service, sources, values),
    sourceOf: (path) => {
      if (path === 'log.level' && options.logLevel) return 'command line';
      const found = sources.find(namedSetting(path), service);
      return found && 'origin' in found ? found.origin : 'default';
    },
  };
}

/**
 * Computes a single setting, for a command that needs no more.
 *
 * @param path its place in the configuration, for example `bridgeDb.url`
 * @throws ConfigurationError when it is missing or cannot be used
 */
export function loadSetting(path: string, options: SourceOptions = {}): unknown {
  const setting = namedSetting(path);
  const problems: Problem[] = [];
  const context: DefaultContext = { service: 'reflector', ...USUAL };
  const value = valueOf(setting, new Sources(options), context, problems);
  if (problems.length > 0) throw new ConfigurationError(problems);
  return value;
}

function namedSetting(path: string): NamedSetting {
  const setting = NAMED.find((candidate) => candidate.path === path);
  if (!setting) throw new RangeError(`there is no setting ${path}`);
  return setting;
}

/** The URL of the bridge's own database. */
export function loadBridgeDbUrl(options: SourceOptions = {}): string {
  return loadSetting('bridgeDb.url', options) as string;
}

function inOrder(settings: readonly NamedSetting[]): NamedSetting[] {
  const isFirst = ({ path }: NamedSetting) => FIRST.includes(path);
  return [...settings.filter(isFirst), ...settings.filter((setting) => !isFirst(setting))];
}

function valueOf(
  setting: NamedSetting,
  sources: Sources,
  context: DefaultContext,
  problems: Problem[],
): unknown {
  const found = sources.find(setting, context.service);
  if (found === undefined) {
    const fallback = defaultOf(setting, context);
    if (fallback === undefined && setting.requiredBy?.includes(context.service)) {
      problems.push({
        subject: nameOf(setting, context.service),
        remedy: `is missing; ${howToSet(setting, context.service)}`,
      });
    }
    return fallback;
  }
  if ('remedy' in found) {
    problems.push({ subject: found.variable, remedy: found.remedy });
    return undefined;
  }
  const raw = found.isText && typeof found.raw === 'string' ? setting.kind.fromText(found.raw) : found.raw;
  const parsed = setting.kind.schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  // Only the messages of our own checks are shown: they never hold a value that is secret.
  const own = parsed.error.issues.filter(
    ({ code, message }) => code === 'custom' && message !== 'Invalid input',
  );
  const remedies = own.length > 0 ? own.map(({ message }) => message) : [setting.kind.expects];
  problems.push({
    subject: nameOf(setting, context.service),
    remedy: `${remedies.join('; ')} (given by ${found.origin})`,
  });
  return undefined;
}

function defaultOf(setting: NamedSetting, context: DefaultContext): unknown {
  const given = setting.default as ((context: DefaultContext) => unknown) | undefined;
  return typeof given === 'function' ? given(context) : given;
}

function nameOf(setting: NamedSetting, service: ServiceName): string {
  return `${keysFor(setting, service)[0]} (${setting.variable})`;
}

function howToSet(setting: NamedSetting, service: ServiceName): string {
  const example = setting.example === undefined ? '' : `, for example ${setting.example}`;
  const file = setting.secret ? `, or let ${setting.variable}_FILE name a file that holds it` : '';
  return `set ${keysFor(setting, service)[0]} in the JSON file or the variable ${setting.variable}${file}${example}`;
}

function contradictions(values: ReadonlyMap<string, unknown>): Problem[] {
  const pairs = [
    ['pulse.reconnectMin', 'must not be greater than', 'pulse.reconnectMax'],
    ['parking.firstDelay', 'must not be greater than', 'parking.maxDelay'],
    // What is under way when a stop begins has to end within it.
    ['taskcluster.callDeadline', 'must be less than', 'shutdown.grace'],
    ['selfServe.timeout', 'must be less than', 'shutdown.grace'],
  ] as const;
  return pairs.flatMap(([least, relation, most]) => {
    const [low, high] = [values.get(least), values.get(most)];
    if (typeof low !== 'number' || typeof high !== 'number' || low < high) return [];
    if (low === high && relation === 'must not be greater than') return [];
    const [lowName, highName] = [least, most].map((path) => NAMED.find((one) => one.path === path)!);
    return [
      {
        subject: `${lowName!.keys[0]} (${lowName!.variable})`,
        remedy: `${relation} ${highName!.keys[0]} (${highName!.variable})`,
      },
    ];
  });
}

function assemble(service: ServiceName, values: ReadonlyMap<string, unknown>): Configuration {
  const result: Record<string, unknown> = { service };
  for (const setting of NAMED) {
    const value = values.get(setting.path) ?? (setting.requiredBy ? '' : undefined);
    const [section, name] = setting.path.split('.') as [string, string];
    const target = (result[section] ??= {}) as Record<string, unknown>;
    if (value !== undefined) target[name] = value;
  }
  const { interval, cron, ...reflector } = result.reflector as { interval: number; cron?: string };
  result.reflector = { ...reflector, schedule: cron === undefined ? { everySeconds: interval } : { cron } };
  return result as unknown as Configuration;
}

function warningsOf(service: ServiceName, sources: Sources, values: ReadonlyMap<string, unknown>): string[] {
  return [
    ...unknownNames(sources),
    ...sources
      .exposedFiles(NAMED)
      .map((file) => `${file} holds secrets and is readable by others; chmod 600 makes it private`),
    ...(service !== 'bb-listener' && values.get('builders.url') === undefined
      ? ['no list of builders is set (builders_url): the names of builders are not checked']
      : []),
    ...((values.get('builders.ignored') as string[]).some((pattern) => pattern.trim() === '')
      ? ['ignored_builders has an empty pattern, which matches every builder: all tasks are ignored']
      : []),
    ...insecurities(service, values),
  ];
}

/** Keys of the JSON file and variables that lead to no setting. */
function unknownNames(sources: Sources): string[] {
  const keys = new Set(NAMED.flatMap((setting) => SERVICE_NAMES.flatMap((name) => keysFor(setting, name))));
  const variables = new Set(
    NAMED.flatMap(({ variable, secret }) => (secret ? [variable, `${variable}_FILE`] : [variable])),
  );
  const strangers = Object.keys({ ...sources.dotenv, ...sources.environment }).filter(
    (name) =>
      name.startsWith('BBB_') &&
      name !== 'BBB_CONFIG' &&
      !name.startsWith('BBB_TEST_') &&
      !variables.has(name),
  );
  return [
    ...unknownKeys(sources.json, keys).map((key) => `unknown key in ${sources.file}, ignored: ${key}`),
    ...strangers.map((name) => `unknown variable, ignored: ${name}`),
  ];
}
