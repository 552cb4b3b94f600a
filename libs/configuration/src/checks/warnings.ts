import { type ServiceName, SERVICE_NAMES } from '../configuration.js';
import { describeSetting, findSetting, listKeys, NAMED_SETTINGS } from '../named-settings.js';
import { findUnknownKeys, findValue } from '../sources/json-file.js';
import type { Sources } from '../sources/sources.js';
import { findExpiryProblem } from './certificate.js';
import { findInsecurities } from './insecurities.js';

type Values = ReadonlyMap<string, unknown>;

/** Seconds that a claim lasts in Taskcluster, unless a deployment is configured otherwise. */
const CLAIM_LENGTH = 1200;

/** Warnings for an operator at every start; they do not keep a service from starting. */
export function findWarnings(service: ServiceName, sources: Sources, values: Values): string[] {
  return [
    ...findUnknownNames(sources),
    ...findShadowedKeys(service, sources),
    ...sources
      .findExposedFiles(NAMED_SETTINGS)
      .map((file) => `${file} holds secrets and is readable by others; chmod 600 makes it private`),
    ...(values.get('buildbot.kind') !== 'modern' &&
    service !== 'bb-listener' &&
    values.get('builders.url') === undefined
      ? ['no builder list is set (builders_url): builder names are not checked']
      : []),
    ...((values.get('builders.ignored') as string[]).some((pattern) => pattern.trim() === '')
      ? ['ignored_builders has an empty pattern, which matches every builder: all tasks are ignored']
      : []),
    ...warnOfReclaimWindow(service, values.get('reflector.reclaimWindow')),
    ...warnOfCertificate(values.get('taskcluster.certificate')),
    ...findInsecurities(service, values),
  ];
}

/** Keys of the JSON file and variables that belong to no setting. */
export function findUnknownNames(sources: Sources): string[] {
  const keys = new Set(
    NAMED_SETTINGS.flatMap((setting) => SERVICE_NAMES.flatMap((name) => listKeys(setting, name))),
  );
  const variables = new Set(
    NAMED_SETTINGS.flatMap(({ variable, secret }) => (secret ? [variable, `${variable}_FILE`] : [variable])),
  );
  const strangers = Object.keys({ ...sources.dotenv, ...sources.environment }).filter(
    (name) =>
      name.startsWith('BBB_') &&
      name !== 'BBB_CONFIG' &&
      !name.startsWith('BBB_TEST_') &&
      !variables.has(name),
  );
  return [
    ...findUnknownKeys(sources.json, keys).map((key) => `unknown key in ${sources.file}, ignored: ${key}`),
    ...strangers.map((name) => `unknown variable, ignored: ${name}`),
  ];
}

/** Settings that the JSON file contains twice, under keys of two layouts, with different values: one is ignored. */
function findShadowedKeys(service: ServiceName, { json, file }: Sources): string[] {
  return NAMED_SETTINGS.flatMap((setting) => {
    const given = listKeys(setting, service)
      .map((key) => ({ key, value: JSON.stringify(findValue(json, key)) }))
      .filter(({ value }) => value !== undefined);
    const [used, ...others] = given;
    return others
      .filter(({ value }) => value !== used!.value)
      .map(({ key }) => `${key} in ${file} is ignored: ${used!.key} is set to another value`);
  });
}

function warnOfReclaimWindow(service: ServiceName, seconds: unknown): string[] {
  if (service !== 'reflector' || typeof seconds !== 'number' || seconds < CLAIM_LENGTH) return [];
  return [
    `reflector.reclaim_window is ${seconds} s, and a claim lasts ${CLAIM_LENGTH} s: every pass reclaims every run; ` +
      'set it to less, for example 600',
  ];
}

function warnOfCertificate(certificate: unknown): string[] {
  if (typeof certificate !== 'string') return [];
  const problem = findExpiryProblem(certificate, Date.now() / 1000);
  return problem === undefined
    ? []
    : [`${describeSetting(findSetting('taskcluster.certificate'))}: ${problem}`];
}
