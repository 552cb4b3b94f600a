import { type BuildbotKind, type ServiceName, SERVICE_NAMES } from './configuration.js';
import type { Problem } from './configuration-error.js';
import { findWarnings, findUnknownNames } from './checks/warnings.js';
import { listKeys, NAMED_SETTINGS, type NamedSetting } from './named-settings.js';
import { isRequired, readValues } from './read-values.js';
import { Sources, type SourceOptions } from './sources/sources.js';

/** A setting with the value in force. */
export interface EffectiveSetting {
  /** The preferred key in the JSON file. */
  key: string;
  variable: string;
  /** The value without secrets; null when it is missing or invalid. */
  value: unknown;
  /** Where the value comes from: a key with its file, a variable, `default`, `missing` or `invalid`. */
  source: string;
  secret: boolean;
}

/** The settings of some services, with everything that is wrong with them. */
export interface Inspection {
  settings: EffectiveSetting[];
  problems: Problem[];
  warnings: string[];
}

const HIDDEN = '(hidden)';

/**
 * Reads the settings in force, without secrets, and everything that is wrong with them.
 *
 * @param services those whose settings are read; a setting that differs by service is listed once for each service
 * @throws ConfigurationError when the JSON file or `.env` cannot be read
 */
export function inspectConfiguration(
  services: readonly ServiceName[] = SERVICE_NAMES,
  options: SourceOptions = {},
): Inspection {
  const sources = new Sources(options);
  const settings = new Map<string, EffectiveSetting>();
  const problems = new Map<string, Problem>();
  const warnings = new Set<string>();
  const perService = services.map((service) => ({ service, ...readValues(service, sources) }));
  for (const setting of NAMED_SETTINGS) {
    for (const { service, values, buildbot } of perService) {
      const [key] = listKeys(setting, service) as [string];
      if (settings.has(key) && settings.get(key)!.source !== 'default') continue;
      settings.set(key, describe(setting, { service, buildbot }, sources, values.get(setting.path)));
    }
  }
  for (const { service, values, problems: found } of perService) {
    for (const problem of found) problems.set(JSON.stringify(problem), problem);
    const further = found.length > 0 ? findUnknownNames(sources) : findWarnings(service, sources, values);
    for (const warning of further) warnings.add(warning);
  }
  return { settings: [...settings.values()], problems: [...problems.values()], warnings: [...warnings] };
}

function describe(
  setting: NamedSetting,
  context: { service: ServiceName; buildbot: BuildbotKind },
  sources: Sources,
  value: unknown,
): EffectiveSetting {
  const { service } = context;
  const origin = sources.findOrigin(setting, service);
  const unset = isRequired(setting, context) ? 'missing' : 'default';
  return {
    key: listKeys(setting, service)[0]!,
    variable: setting.variable,
    value: value === undefined ? null : showValue(setting, value),
    source:
      origin === undefined
        ? value === undefined
          ? unset
          : 'default'
        : value === undefined
          ? 'invalid'
          : origin,
    secret: setting.secret ?? false,
  };
}

/** Whether a value is secret depends on its setting alone: the text of a secret may look like anything. */
export function showValue({ kind, secret }: NamedSetting, value: unknown): unknown {
  if (kind.withoutSecrets) return kind.withoutSecrets(value);
  return secret ? HIDDEN : value;
}
