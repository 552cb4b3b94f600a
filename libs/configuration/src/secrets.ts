import type { Configuration } from './configuration.js';
import { urlOfMaster } from './masters.js';

/**
 * Every text of a configuration that must appear in no output: tokens, passwords, and those within URLs, both as they
 * are written there and decoded.
 */
export function secretsOf(configuration: Configuration): string[] {
  const { taskcluster, pulse, buildbot, schedulerDb, bridgeDb, selfServe, builders } = configuration;
  const masters = [buildbot.url, ...buildbot.masters.map(urlOfMaster)];
  const web = [taskcluster.rootUrl, selfServe.url, builders.url ?? '', ...masters];
  const candidates = [
    taskcluster.accessToken,
    taskcluster.certificate ?? '',
    signatureOf(taskcluster.certificate),
    pulse.password,
    buildbot.password,
    // As it is sent at the login.
    buildbot.password && Buffer.from(`${buildbot.user}:${buildbot.password}`).toString('base64'),
    ...[schedulerDb.url, bridgeDb.url, ...web].flatMap(passwordsOf),
    ...web.flatMap(accountsOf),
  ];
  // A very short secret is no secret, and replacing it would make every line unreadable.
  return [...new Set(candidates)].filter((secret) => secret.length >= 4);
}

/** What stands before a URL's host. */
function accountOf(url: string): string {
  return beforeLastAt(afterScheme(url).split(/[/?#]/, 1)[0]!);
}

/** The same where somebody has not encoded a slash of the password: up to the URL's last @. */
function longAccountOf(url: string): string {
  const account = beforeLastAt(afterScheme(url));
  return account.split('/', 1)[0]!.includes(':') ? account : '';
}

function afterScheme(url: string): string {
  return /^[^:/]+:\/\/(.*)$/s.exec(url)?.[1] ?? '';
}

function beforeLastAt(text: string): string {
  return text.slice(0, Math.max(0, text.lastIndexOf('@')));
}

function passwordsOf(url: string): string[] {
  return [accountOf(url), longAccountOf(url)].flatMap((account) => {
    const [, password = ''] = /^[^:]*:(.*)$/s.exec(account) ?? [];
    return [password, decoded(password)];
  });
}

/** A shorter user without a password is a name, and a name is no secret. */
const SHORTEST_TOKEN = 20;

/** The account of a web address as it is sent, and a user that stands alone because it is a token. */
function accountsOf(url: string): string[] {
  const account = decoded(accountOf(url));
  if (account === '') return [];
  const isToken = !account.includes(':') && account.length >= SHORTEST_TOKEN;
  const sent = Buffer.from(account.includes(':') ? account : `${account}:`).toString('base64');
  return isToken ? [account, sent] : [sent];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function signatureOf(certificate: string | undefined): string {
  try {
    const { signature } = JSON.parse(certificate ?? '{}') as { signature?: unknown };
    return typeof signature === 'string' ? signature : '';
  } catch {
    return '';
  }
}
