/** Seconds before the expiry of a certificate from which a warning is logged. */
export const EXPIRES_SOON = 86_400;

/** Whether a text is a certificate as Taskcluster issues it with temporary credentials: a JSON object. */
export function isCertificate(text: string): boolean {
  return readCertificate(text) !== undefined;
}

/** When temporary credentials expire, in epoch seconds; undefined when their certificate does not say. */
export function readCertificateExpiry(text: string): number | undefined {
  const { expiry } = readCertificate(text) ?? {};
  return typeof expiry === 'number' ? expiry / 1000 : undefined;
}

/**
 * The problem and remedy for credentials that have expired or will expire within a day; undefined otherwise.
 *
 * @param now epoch seconds
 */
export function findExpiryProblem(certificate: string, now: number): string | undefined {
  const expiry = readCertificateExpiry(certificate);
  if (expiry === undefined || expiry - now > EXPIRES_SOON) return undefined;
  const when = new Date(expiry * 1000).toISOString();
  return expiry <= now
    ? `the temporary credentials expired at ${when}, so that Taskcluster rejects every call; set new ones`
    : `the temporary credentials expire at ${when}; set new ones before`;
}

function readCertificate(text: string): { expiry?: unknown } | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}
