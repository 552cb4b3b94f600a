import type { Configuration } from './configuration.js';

/**
 * Every text of a configuration that must appear in no output: tokens, passwords, and those within URLs, both as they
 * are written there and decoded.
 */
export function secretsOf(configuration: Configuration): string[] {
  const { taskcluster, pulse, schedulerDb, bridgeDb, selfServe, builders } = configuration;
  const urls = [schedulerDb.url, bridgeDb.url, selfServe.url, builders.url ?? ''];
  const candidates = [
    taskcluster.accessToken,
    taskcluster.certificate ?? '',
    signatureOf(taskcluster.certificate),
    pulse.password,
    ...urls.flatMap(passwordsOf),
  ];
  // A very short secret is no secret, and replacing it would make every line unreadable.
  return [...new Set(candidates)].filter((secret) => secret.length >= 4);
}

function passwordsOf(url: string): string[] {
  const written = /^[^:]+:\/\/[^/]*?:(.*)@/.exec(url)?.[1];
  if (written === undefined) return [];
  try {
    return [written, decodeURIComponent(written)];
  } catch {
    return [written];
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
