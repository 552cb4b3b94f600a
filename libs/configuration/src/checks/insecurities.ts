import { type DatabaseTarget, parseDatabaseUrl } from '@bbb/sql';
import type { Problem } from '../configuration-error.js';
import type { ServiceName } from '../configuration.js';

type Values = ReadonlyMap<string, unknown>;

/** Settings that are http(s) URLs, with the keys that an operator knows. */
const WEB = [
  ['taskcluster.rootUrl', 'taskcluster_queue_config.rootUrl'],
  ['buildbot.url', 'buildbot.url'],
  ['selfServe.url', 'selfserve_url'],
  ['builders.url', 'builders_url'],
] as const;

const DATABASES = [
  ['schedulerDb.url', 'buildbot_scheduler_db'],
  ['bridgeDb.url', 'bbb_db'],
] as const;

/** Finds insecure connections to outside systems, as warnings that are logged at every start. */
export function findInsecurities(service: ServiceName, values: Values): string[] {
  return [
    ...(service === 'reflector' ? [] : findPulseInsecurities(values)),
    ...DATABASES.flatMap(([path, key]) => findDatabaseInsecurities(readText(values, path), key)),
    ...WEB.filter(([path]) => isPlainAndFar(readText(values, path))).map(
      ([, key]) =>
        `INSECURE: ${key} is reached by plain http: traffic can be read and modified in transit; use https`,
    ),
  ];
}

/** A variable of Node.js that would disable certificate verification everywhere, invisible in the configuration. */
export function findRefusedVariables(environment: Readonly<Record<string, string | undefined>>): Problem[] {
  if (environment.NODE_TLS_REJECT_UNAUTHORIZED !== '0') return [];
  return [
    {
      subject: 'NODE_TLS_REJECT_UNAUTHORIZED',
      remedy: 'must not be 0; let NODE_EXTRA_CA_CERTS name a file with the authorities to trust',
    },
  ];
}

function findPulseInsecurities(values: Values): string[] {
  const isEncrypted = values.get('pulse.tls') !== false;
  if (!isEncrypted) {
    return isOnThisMachine(readText(values, 'pulse.host'))
      ? []
      : ['INSECURE: the connection to Pulse is not encrypted (pulse_ssl)'];
  }
  return values.get('pulse.insecureSsl') === true
    ? ['INSECURE: the certificate of Pulse is not verified (pulse_insecure_ssl): only for tests']
    : [];
}

/**
 * What makes the connection to a database insecure. Empty for an invalid URL, which is reported as a problem.
 *
 * @param key of its setting
 */
export function findDatabaseInsecurities(url: string, key: string): string[] {
  const target = readTarget(url);
  if (target === undefined || target.dialect === 'sqlite') return [];
  if (target.insecureTls) {
    return [
      `INSECURE: the certificate of the database is not verified (ssl_insecure in ${key}): only for tests`,
    ];
  }
  return target.tls || isOnThisMachine(target.host)
    ? []
    : [`INSECURE: the connection to the database is not encrypted (${key}): end its URL with ?ssl=true`];
}

function readTarget(url: string): DatabaseTarget | undefined {
  try {
    return parseDatabaseUrl(url);
  } catch {
    return undefined;
  }
}

function isPlainAndFar(url: string): boolean {
  return URL.canParse(url) && new URL(url).protocol === 'http:' && !isOnThisMachine(new URL(url).hostname);
}

/** Whether a host name or address is this machine's own. */
export function isOnThisMachine(host: string): boolean {
  return /^(?:localhost|.+\.localhost|127(?:\.\d+){3}|\[?::1\]?)$/i.test(host);
}

function readText(values: Values, path: string): string {
  const value = values.get(path);
  return typeof value === 'string' ? value : '';
}
