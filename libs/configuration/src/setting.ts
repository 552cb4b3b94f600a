import type * as z from 'zod';
import type { BuildbotKind, Configuration, ReflectorConfiguration, ServiceName } from './configuration.js';

/** The values that a setting accepts, and how the text of a variable is converted to one. */
export interface Kind<T> {
  schema: z.ZodType<T>;
  /** A list of rules: null in the JSON file is rejected, since it may have been meant as a rule. */
  isList?: true;
  /** The remedy when a value is wrong: "must be ...". */
  expects: string;
  /** Converts the text of a variable to the raw value that the schema checks; returns the text if it cannot. */
  fromText(text: string): unknown;
  /** Converts a value to the text of a variable. */
  toText(value: T): string;
  /** Removes the password from a value; without it, the setting's `secret` flag decides whether the value is shown. */
  withoutSecrets?(value: T): string;
  /** The text is JSON, which may contain line ends. */
  isJson?: true;
}

/** The settings from which a default may be derived. */
export interface DefaultContext {
  service: ServiceName;
  /** Whether the connection to Pulse is encrypted. */
  tls: boolean;
  /** Maximum seconds for a graceful shutdown. */
  grace: number;
  buildbot: BuildbotKind;
}

/** The services that require a setting, for each kind of Buildbot. */
export type RequiredBy = Readonly<Record<BuildbotKind, readonly ServiceName[]>>;

/** One setting: its sources, its kind of value, and its meaning. */
export interface Setting<T> {
  /**
   * Its dotted keys in the JSON file: the preferred one first, then those of older layouts. `<service>` stands for the
   * section of the service: tclistener, bblistener or reflector.
   */
  keys: readonly [string, ...string[]];
  kind: Kind<T>;
  /** Its description: starts with what it is, and names the unit. */
  doc: string;
  /** The environment variable, when it is not derived from the path in the configuration. */
  variable?: string;
  default?: T | ((context: DefaultContext) => T);
  /** The default in words, when it depends on other settings. */
  defaultDoc?: string;
  example?: string;
  /** Never printed; can also be read from the file that `<variable>_FILE` names. */
  secret?: boolean;
  requiredBy?: RequiredBy;
}

/** The shape of the settings table: that of the configuration, but the schedule consists of two settings. */
type Settable = Omit<Configuration, 'service' | 'origins' | 'reflector'> & {
  reflector: Omit<ReflectorConfiguration, 'schedule'> & { interval: number; cron?: string };
};

export type SettingsOf<Section> = {
  [Key in keyof Section]-?: NonNullable<Section[Key]> extends readonly unknown[] | string | number | boolean
    ? Setting<NonNullable<Section[Key]>>
    : SettingsOf<Section[Key]>;
};

export type Settings = SettingsOf<Settable>;

/** A setting with its path in the configuration and the name of its variable. */
export interface NamedSetting extends Setting<unknown> {
  path: string;
  variable: string;
}

const SECTIONS: Record<ServiceName, string> = {
  'tc-listener': 'tclistener',
  'bb-listener': 'bblistener',
  reflector: 'reflector',
};

/** The section of the JSON file that only this service reads. */
export function findSection(service: ServiceName): string {
  return SECTIONS[service];
}

/** The keys of a setting in the JSON file as this service reads them. */
export function listKeys(setting: Setting<unknown>, service: ServiceName): string[] {
  return setting.keys.map((key) => key.replace('<service>', SECTIONS[service]));
}

/** All settings as a list, in the order of the table. */
export function listNamedSettings(settings: Settings): NamedSetting[] {
  return collect(settings, []);
}

function collect(section: Record<string, unknown>, path: string[]): NamedSetting[] {
  return Object.entries(section).flatMap(([name, value]) => {
    const here = [...path, name];
    if (!isSetting(value)) return collect(value as Record<string, unknown>, here);
    return [{ ...value, path: here.join('.'), variable: value.variable ?? toVariable(here) }];
  });
}

function isSetting(value: unknown): value is Setting<unknown> {
  return Array.isArray((value as Setting<unknown>).keys);
}

/** `pulse.queueBasename` is set by BBB_PULSE_QUEUE_BASENAME. */
function toVariable(path: string[]): string {
  const words = path.map((name) => name.replace(/([a-z])([A-Z])/g, '$1_$2').toUpperCase());
  return `BBB_${words.join('_')}`;
}
