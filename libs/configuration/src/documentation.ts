import { type BuildbotKind, SERVICE_NAMES } from './configuration.js';
import { listNamedSettings, type NamedSetting, type RequiredBy } from './setting.js';
import { SETTINGS } from './settings/index.js';

export interface SettingDocumentation {
  variable: string;
  /** Keys in the JSON file, the preferred one first. */
  keys: readonly string[];
  doc: string;
  default: string;
  example?: string;
  secret: boolean;
}

/** The documentation of every setting, in the order of the table. */
export function describeSettings(): SettingDocumentation[] {
  return listNamedSettings(SETTINGS).map((setting) => ({
    variable: setting.variable,
    keys: setting.keys,
    doc: setting.doc,
    default: describeDefault(setting),
    ...(setting.example === undefined ? {} : { example: setting.example }),
    secret: setting.secret ?? false,
  }));
}

const INTRODUCTION = `# All settings of the bridge, with their defaults. Copy this file to .env and uncomment the settings that you change.
# Values here override the JSON file (--config FILE or BBB_CONFIG); environment variables override both. Durations are
# seconds and may have fractions. Lists are separated by commas or written as a JSON array. Each secret can also be read
# from a file: append _FILE to its variable and give the path. Put a value that contains # or blanks in single quotes;
# otherwise it ends at the #.

# Path of the JSON file with the settings below; see config.example.json.
#BBB_CONFIG=config.json
`;

/** The content of `.env.example`. */
export function createEnvironmentExample(): string {
  const blocks = describeSettings().map(({ variable, keys, doc, default: fallback, example, secret }) => {
    const value = example ?? (/^(required|none\b|.*,)/.test(fallback) || secret ? '' : fallback);
    const file = secret ? [`# Also from a file: ${variable}_FILE`] : [];
    return [
      `# ${doc}`,
      `# JSON: ${keys.join(', or ')}. ${fallback.startsWith('required') ? 'R' + fallback.slice(1) : `Default: ${fallback}`}.`,
      ...file,
      `#${variable}=${quote(value)}`,
    ].join('\n');
  });
  return [INTRODUCTION, ...blocks.map((block) => `${block}\n`)].join('\n');
}

function describeDefault(setting: NamedSetting): string {
  if (setting.defaultDoc !== undefined) return setting.defaultDoc;
  if (setting.requiredBy) return describeRequirement(setting.requiredBy);
  return setting.default === undefined ? 'none' : setting.kind.toText(setting.default);
}

function describeRequirement({ legacy, modern }: RequiredBy): string {
  const by = (services: readonly string[], kind?: BuildbotKind) => {
    const all = services.length === SERVICE_NAMES.length ? 'every service' : services.join(' and ');
    return `by ${all}${kind === undefined ? '' : ` for ${kind} Buildbot`}`;
  };
  if (legacy === modern) return `required ${by(legacy)}`;
  const kinds = [
    ...(legacy.length > 0 ? [by(legacy, 'legacy')] : []),
    ...(modern.length > 0 ? [by(modern, 'modern')] : []),
  ];
  return `required ${kinds.join(', ')}`;
}

function quote(value: string): string {
  return /[\s"#$]/.test(value) ? `'${value}'` : value;
}
