import type { Configuration } from './configuration.js';
import { type EffectiveSetting, showValue } from './inspect-configuration.js';
import { listKeys, NAMED_SETTINGS, type NamedSetting } from './named-settings.js';

/** The settings that a running service works with, without secrets, whatever has become of its sources since. */
export function describeConfiguration(configuration: Configuration): EffectiveSetting[] {
  return NAMED_SETTINGS.map((setting) => {
    const value = findValue(configuration, setting);
    return {
      key: listKeys(setting, configuration.service)[0]!,
      variable: setting.variable,
      value: value === undefined || value === '' ? null : showValue(setting, value),
      source: configuration.origins[setting.path] ?? 'default',
      secret: setting.secret ?? false,
    };
  });
}

function findValue(configuration: Configuration, { path }: NamedSetting): unknown {
  const { schedule } = configuration.reflector;
  if (path === 'reflector.interval') return 'everySeconds' in schedule ? schedule.everySeconds : undefined;
  if (path === 'reflector.cron') return 'cron' in schedule ? schedule.cron : undefined;
  const [section, name] = path.split('.') as [keyof Configuration, string];
  return (configuration[section] as Readonly<Record<string, unknown>>)[name];
}
