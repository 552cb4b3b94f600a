import type { Configuration, ServiceName } from './configuration.js';
import { listKeys, listNamedSettings, type NamedSetting } from './setting.js';
import { SETTINGS } from './settings/index.js';

export { listKeys, type NamedSetting };

/** All settings, in the order of their documentation. */
export const NAMED_SETTINGS: readonly NamedSetting[] = listNamedSettings(SETTINGS);

/** @param path of the setting in the configuration, for example `pulse.host` */
export function findSetting(path: string): NamedSetting {
  const setting = NAMED_SETTINGS.find((candidate) => candidate.path === path);
  if (!setting) throw new RangeError(`there is no setting ${path}`);
  return setting;
}

/** Names a setting with the source of its value: `pulse_host (BBB_PULSE_HOST), set by BBB_PULSE_HOST in .env`. */
export function describeSource({ service, origins }: Configuration, path: string): string {
  return `${describeSetting(findSetting(path), service)}, set by ${origins[path] ?? 'default'}`;
}

/** The names of a setting that an operator knows: `pulse_host (BBB_PULSE_HOST)`. */
export function describeSetting(setting: NamedSetting, service?: ServiceName): string {
  const key = service === undefined ? setting.keys[0] : listKeys(setting, service)[0];
  return `${key} (${setting.variable})`;
}
