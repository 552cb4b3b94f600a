import type { Configuration } from './configuration.js';

/**
 * Every text of a configuration that must appear in no output: tokens, passwords, and those within URLs, both as they
 * are written there and decoded.
 */
export function secretsOf(configuration: Configuration): string[] {
  const { taskcluster, pulse, schedulerDb, bridgeDb, selfServe, builders } = configuration;
  const web = [taskcluster.rootUrl, selfServe.url, builders.url ?? ''];
  const candidates = [
    taskcluster.accessToken,
    taskcluster.certificate ?? '',
    signatureOf(taskcluster.certificate),
    pulse.password,
    ...[schedulerDb.url, bridgeDb.url, ...web].flatMap(passwordsOf),
    ...web.flatMap(accountsOf),
  ];
  // A very short secret is no secret, and replacing it would make every line unreadable.
  return [...new Set(candidates)].filter((secret) => secret.length >= 4);
}

/** What stands before a URL's host, and where somebody has not encoded a slash, up to its last @. */
const ACCOUNTS = [/^[^:/]+:\/\/([^/?#]*)@/, /^[^:/]+:\/\/([^/]*?:.*)@/];

function passwordsOf(url: string): string[] {
  return ACCOUNTS.flatMap((account) => {
    const [, password = ''] = /^[^:]*:(.*)$/s.exec(account.exec(url)?.[1] ?? '') ?? [];
    return [password, decoded(password)];
  });
}

/** A shorter user without a password is a name, and a name is no secret. */
const SHORTEST_TOKEN = 20;

/** The account of a web address as it is sent, and a user that stands alone because it is a token. */
function accountsOf(url: string): string[] {
  const account = decoded(ACCOUNTS[0]!.exec(url)?.[1] ?? '');
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
