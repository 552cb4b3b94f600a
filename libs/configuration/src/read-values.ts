import type { BuildbotKind, ServiceName } from './configuration.js';
import type { Problem } from './configuration-error.js';
import { findContradictions } from './checks/contradictions.js';
import { findRefusedVariables } from './checks/insecurities.js';
import {
  describeSetting,
  findSetting,
  listKeys,
  NAMED_SETTINGS,
  type NamedSetting,
} from './named-settings.js';
import type { DefaultContext } from './setting.js';
import type { Sources } from './sources/sources.js';

/** The values of all settings of a service, and their problems. */
export interface ReadValues {
  /** By the path of the setting; undefined when it is missing, unset or invalid. */
  values: Map<string, unknown>;
  /** Everything that is wrong. */
  problems: Problem[];
  buildbot: BuildbotKind;
}

/** Settings on which the defaults of other settings depend. */
const FIRST = ['pulse.tls', 'shutdown.grace', 'buildbot.kind'];
const USUAL: Omit<DefaultContext, 'service'> = { tls: true, grace: 25, buildbot: 'legacy' };

/** Reads every setting of a service, and checks each alone and all together. */
export function readValues(service: ServiceName, sources: Sources): ReadValues {
  const problems: Problem[] = [];
  const values = new Map<string, unknown>();
  const context: DefaultContext = { service, ...USUAL };
  for (const setting of sortByDefaults(NAMED_SETTINGS)) {
    const value = readValue(setting, sources, context, problems);
    if (setting.path === 'pulse.tls') context.tls = value !== false;
    if (setting.path === 'shutdown.grace' && typeof value === 'number') context.grace = value;
    if (setting.path === 'buildbot.kind' && value === 'modern') context.buildbot = value;
    values.set(setting.path, value);
  }
  const findName = (path: string) => describeSetting(findSetting(path));
  problems.push(...findContradictions(values, findName), ...findRefusedVariables(sources.environment));
  return { values, problems, buildbot: context.buildbot };
}

/** Reads and checks a single setting. */
export function readSingleValue(path: string, sources: Sources, problems: Problem[]): unknown {
  return readValue(findSetting(path), sources, { service: 'reflector', ...USUAL }, problems);
}

function sortByDefaults(settings: readonly NamedSetting[]): NamedSetting[] {
  const isFirst = ({ path }: NamedSetting) => FIRST.includes(path);
  return [...settings.filter(isFirst), ...settings.filter((setting) => !isFirst(setting))];
}

function readValue(
  setting: NamedSetting,
  sources: Sources,
  context: DefaultContext,
  problems: Problem[],
): unknown {
  const { service } = context;
  const found = sources.find(setting, service);
  if (found === undefined) {
    const fallback = computeDefault(setting, context);
    if (fallback === undefined && isRequired(setting, context)) {
      problems.push({
        subject: describeSetting(setting, service),
        remedy: `is missing; ${explainHowToSet(setting, service)}`,
      });
    }
    return fallback;
  }
  if ('remedy' in found) {
    problems.push({ subject: found.subject, remedy: found.remedy });
    return undefined;
  }
  const raw = found.isText && typeof found.raw === 'string' ? setting.kind.fromText(found.raw) : found.raw;
  const parsed = setting.kind.schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  // Only messages of our own checks are shown: they never contain a secret value.
  const own = parsed.error.issues.filter(
    ({ code, message }) => code === 'custom' && message !== 'Invalid input',
  );
  const remedies = own.length > 0 ? own.map(({ message }) => message) : [setting.kind.expects];
  problems.push({
    subject: describeSetting(setting, service),
    remedy: `${remedies.join('; ')} (given by ${found.origin})`,
  });
  return undefined;
}

/** Whether a service cannot start without a setting, given the kind of Buildbot. */
export function isRequired(
  { requiredBy }: NamedSetting,
  { service, buildbot }: Pick<DefaultContext, 'service' | 'buildbot'>,
): boolean {
  return requiredBy?.[buildbot].includes(service) ?? false;
}

function computeDefault(setting: NamedSetting, context: DefaultContext): unknown {
  const given = setting.default as ((context: DefaultContext) => unknown) | undefined;
  return typeof given === 'function' ? given(context) : given;
}

function explainHowToSet(setting: NamedSetting, service: ServiceName): string {
  const example = setting.example === undefined ? '' : `, for example ${setting.example}`;
  const file = setting.secret ? `, or let ${setting.variable}_FILE name a file that holds it` : '';
  return `set ${listKeys(setting, service)[0]} in the JSON file or the variable ${setting.variable}${file}${example}`;
}
