import type { Configuration } from './configuration.js';
import { readMasterUrl } from './masters.js';

/**
 * Every text of a configuration that must not appear in any output: tokens, passwords, and credentials in URLs, both
 * encoded and decoded.
 */
export function listSecrets(configuration: Configuration): string[] {
  const { taskcluster, pulse, buildbot, schedulerDb, bridgeDb, selfServe, builders } = configuration;
  const masters = [buildbot.url, ...buildbot.masters.map(readMasterUrl)];
  const web = [taskcluster.rootUrl, selfServe.url, builders.url ?? '', ...masters];
  const candidates = [
    taskcluster.accessToken,
    taskcluster.certificate ?? '',
    readSignature(taskcluster.certificate),
    pulse.password,
    buildbot.password,
    buildbot.pushSecret ?? '',
    // The form in which the login sends it.
    buildbot.password && Buffer.from(`${buildbot.user}:${buildbot.password}`).toString('base64'),
    ...[schedulerDb.url, bridgeDb.url, ...web].flatMap(listPasswords),
    ...web.flatMap(listAccounts),
  ];
  // A very short secret is left out: replacing it everywhere would make every line unreadable.
  return [...new Set(candidates)].filter((secret) => secret.length >= 4);
}

/** The part of a URL before its host. */
function readAccount(url: string): string {
  return beforeLastAt(afterScheme(url).split(/[/?#]/, 1)[0]!);
}

/** The account of a URL whose password contains an unencoded slash: up to the last @. */
function readLongAccount(url: string): string {
  const account = beforeLastAt(afterScheme(url));
  return account.split('/', 1)[0]!.includes(':') ? account : '';
}

function afterScheme(url: string): string {
  return /^[^:/]+:\/\/(.*)$/s.exec(url)?.[1] ?? '';
}

function beforeLastAt(text: string): string {
  return text.slice(0, Math.max(0, text.lastIndexOf('@')));
}

function listPasswords(url: string): string[] {
  return [readAccount(url), readLongAccount(url)].flatMap((account) => {
    const [, password = ''] = /^[^:]*:(.*)$/s.exec(account) ?? [];
    return [password, decode(password)];
  });
}

/** Minimum length of a user without a password to count as a token; a shorter one is a name, which is not secret. */
const SHORTEST_TOKEN = 20;

/** The account of a web address in the form in which it is sent, and a user without password, which is a token. */
function listAccounts(url: string): string[] {
  const account = decode(readAccount(url));
  if (account === '') return [];
  const isToken = !account.includes(':') && account.length >= SHORTEST_TOKEN;
  const sent = Buffer.from(account.includes(':') ? account : `${account}:`).toString('base64');
  return isToken ? [account, sent] : [sent];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function readSignature(certificate: string | undefined): string {
  try {
    const { signature } = JSON.parse(certificate ?? '{}') as { signature?: unknown };
    return typeof signature === 'string' ? signature : '';
  } catch {
    return '';
  }
}
