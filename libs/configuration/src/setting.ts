import type * as z from 'zod';
import type { BuildbotKind, Configuration, ReflectorConfiguration, ServiceName } from './configuration.js';

/** What values a setting takes, and how its text in a variable becomes one. */
export interface Kind<T> {
  schema: z.ZodType<T>;
  /** A list of rules: null in the JSON file is refused, since it may have been meant for a rule. */
  isList?: true;
  /** The remedy when a value is wrong: "must be ...". */
  expects: string;
  /** Text of a variable as the raw value that the schema judges; the text itself where it is not readable. */
  fromText(text: string): unknown;
  /** A value as the text that a variable would hold. */
  toText(value: T): string;
  /** What a person may see of a value that may hold a password; where it is missing, the setting's flag decides. */
  withoutSecrets?(value: T): string;
  /** The text is JSON, which may have line ends in it. */
  isJson?: true;
}

/** What is known when a default is worked out. */
export interface DefaultContext {
  service: ServiceName;
  /** Whether the connection to Pulse is encrypted. */
  tls: boolean;
  /** Seconds that a stop may last. */
  grace: number;
  buildbot: BuildbotKind;
}

/** One thing that can be set: where it comes from, what it may be, and what it means. */
export interface Setting<T> {
  /**
   * Its places in the JSON file, dotted, the first one preferred; the others are of older layouts. `<service>` stands
   * for the section of the service: tclistener, bblistener or reflector.
   */
  keys: readonly [string, ...string[]];
  kind: Kind<T>;
  /** A line for the documentation. */
  doc: string;
  /** The environment variable, where it is not derived from the place in the configuration. */
  variable?: string;
  default?: T | ((context: DefaultContext) => T);
  /** The default in words, where it depends on something. */
  defaultDoc?: string;
  example?: string;
  /** Never shown, and also readable from the file that `<variable>_FILE` names. */
  secret?: boolean;
  /** The services that cannot start without it. */
  requiredBy?: readonly ServiceName[];
  /** The kind of Buildbot that it is for; with another kind nobody requires it. */
  buildbot?: BuildbotKind;
}

/** The settings behind the configuration, in its shape; the schedule is made of two of them. */
type Settable = Omit<Configuration, 'service' | 'reflector'> & {
  reflector: Omit<ReflectorConfiguration, 'schedule'> & { interval: number; cron?: string };
};

export type SettingsOf<Section> = {
  [Key in keyof Section]-?: NonNullable<Section[Key]> extends readonly unknown[] | string | number | boolean
    ? Setting<NonNullable<Section[Key]>>
    : SettingsOf<Section[Key]>;
};

export type Settings = SettingsOf<Settable>;

/** A setting with its place in the configuration and the name of its variable. */
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
export function sectionOf(service: ServiceName): string {
  return SECTIONS[service];
}

/** The keys of a setting in the JSON file as this service reads them. */
export function keysFor(setting: Setting<unknown>, service: ServiceName): string[] {
  return setting.keys.map((key) => key.replace('<service>', SECTIONS[service]));
}

/** All settings as a list, in the order of the table. */
export function namedSettings(settings: Settings): NamedSetting[] {
  return collect(settings, []);
}

function collect(section: Record<string, unknown>, path: string[]): NamedSetting[] {
  return Object.entries(section).flatMap(([name, value]) => {
    const here = [...path, name];
    if (!isSetting(value)) return collect(value as Record<string, unknown>, here);
    return [{ ...value, path: here.join('.'), variable: value.variable ?? variableFor(here) }];
  });
}

function isSetting(value: unknown): value is Setting<unknown> {
  return Array.isArray((value as Setting<unknown>).keys);
}

/** `pulse.queueBasename` is set by BBB_PULSE_QUEUE_BASENAME. */
function variableFor(path: string[]): string {
  const words = path.map((name) => name.replace(/([a-z])([A-Z])/g, '$1_$2').toUpperCase());
  return `BBB_${words.join('_')}`;
}
